// The journeys by name: the module in `journeys/`, the red project of `fixtures/` it is made in, and what else it needs.
import fs from 'node:fs';
import path from 'node:path';

/** Adds to a file of the project. */
const add = (name, text) => (project) => fs.appendFileSync(path.join(project, name), text);

const replace = (name, old, text) => (project) => {
  const file = path.join(project, name);
  const before = fs.readFileSync(file, 'utf8');
  if (!before.includes(old)) throw new Error(`${name} does not hold ${old}`);
  fs.writeFileSync(file, before.replace(old, text));
};

export const journeys = [
  { name: 'fix', fixture: 'python-roman-junit' },
  // Sound on disk: the fault is typed.
  { name: 'unsaved', fixture: 'python-roman-junit', change: replace('roman.py', 'while number > value', 'while number >= value') },
  { name: 'plan', fixture: 'python-warehouse' },
  { name: 'steer', fixture: 'python-roman-junit', change: add('greenloop.toml', '\n[approval]\nplan = "always"\n') },
  { name: 'killed', fixture: 'python-warehouse' },
  { name: 'review', fixture: 'python-warehouse' },
  { name: 'explorer', fixture: 'python-billing' },
  { name: 'startup', fixture: 'python-roman-junit' },
  { name: 'untrusted', fixture: 'python-roman-junit', trust: false },
];
