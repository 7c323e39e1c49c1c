// ESLint's errors, one line of JSON each; warnings do not change its exit code and are left out.
const ERROR = 2;

module.exports = (results) =>
  results
    .flatMap((file) => file.messages.map((told) => ({ path: file.filePath, ...told })))
    .filter((told) => told.severity === ERROR)
    .map(({ path, line, ruleId, message }) => JSON.stringify({ path, line, rule: ruleId, message }))
    .join("\n");
