// Resolves a specifier as an `import` of a file does.
export const resolve = (specifier, from) => import.meta.resolve(specifier, from);
