// What the server says of runs, hunks and tests: `greenloop/state`, `greenloop/hunks`, `greenloop/tests`.
// It is made in src/lsp/tasks.rs and src/lsp/test_list.rs.

import type { Range } from 'vscode-languageclient';

/** What each command answers. */
export interface Answer {
  ok: boolean;
  taskId?: string;
  uri?: string;
  message?: string;
  reason?: string;
}

export type HunkState = 'pending' | 'partly' | 'applied' | 'rejected' | 'conflict' | 'settled' | 'superseded';

/** Names one decision of one run. */
export interface HunkId {
  taskId: string;
  path: string;
  hunk: number;
}

/** A decision in the list of its run. */
export interface Hunk {
  path: string;
  hunk: number;
  label: string;
  state: HunkState;
  evidence: string;
  uri: string;
  range: Range;
  added: number;
  removed: number;
  step: number | null;
}

export interface Attempt {
  attempt: number;
  worker: string;
  state: 'working' | 'interrupted' | 'green' | 'red' | 'nothing';
  told: string;
}

export interface Step {
  step: number;
  title: string;
  state: 'waiting' | 'asked' | 'ready' | 'working' | 'checking' | 'done' | 'stuck' | 'skipped' | 'blocked' | 'interrupted';
  told: string;
  attempts: Attempt[];
}

export interface Question {
  id: number;
  about: { kind: 'plan' } | { kind: 'step'; step: number } | { kind: 'goal' } | { kind: 'attempt'; attempt: number };
  text: string;
  /** Answers to choose from, where a model asks; others may be given. */
  options: string[] | null;
}

export interface Task {
  taskId: string;
  title: string;
  startedMs: number;
  goal: { kind: 'fix-until-green' | 'run-checks' };
  /** Where it stands, in words. */
  state: string;
  /** How it ended; `null` as long as it goes on. */
  outcome: string | null;
  interrupted: boolean;
  paused: boolean;
  /** The checks ran on what was on the screen. */
  checked: boolean;
  spent: { checks: number };
  steps: Step[];
  questions: Question[];
  hunks: Hunk[];
  acceptances: { id: string; undone: boolean }[];
}

export interface State {
  tasks: Task[];
}

/** A hunk of an open document, as it is to be drawn. */
export interface DrawnHunk {
  id: HunkId;
  label: string;
  evidence: string;
  state: HunkState;
  startLine: number;
  endLine: number;
  inserted: string;
}

export interface Test {
  check: string;
  name: string;
  /** The folder of its project. */
  root: string | null;
  uri: string | null;
  line: number | null;
  /** `null` when nothing is known of it on the texts as they are here. */
  outcome: 'passed' | 'failed' | 'errored' | 'crashed' | 'timed-out' | 'skipped' | null;
  /** The line of the message that says what went wrong. */
  headline: string;
  message: string;
  expected: string | null;
  actual: string | null;
  durationMs: number;
  taskId: string;
}

export const isOpen = (hunk: { state: HunkState }): boolean =>
  hunk.state === 'pending' || hunk.state === 'partly' || hunk.state === 'conflict';

export const isRunning = (task: Task): boolean => task.outcome === null && !task.interrupted;

/** What waits for the person: a question, or changes to decide about. */
export const waits = (task: Task): number => task.questions.length + task.hunks.filter(isOpen).length;
