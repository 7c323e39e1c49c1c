// Questions of the server, as notifications. One that is put away stays open in the Runs view. No answer is never a yes.

import * as vscode from 'vscode';
import type { Question } from './protocol';
import type { Server } from './server';

export interface Asked {
  questionId: number;
  text: string;
  choices: string[];
  /** Any other words are an answer too. */
  inWords: boolean;
}

/** A question as it is put; without a number it is that of a run. */
type Put = Omit<Asked, 'questionId'> & { questionId?: number };

const OTHER = 'Answer in words…';

const choices = (question: Put): string[] => (question.inWords ? [...question.choices, OTHER] : question.choices);

export class Questions {
  private open: Asked | undefined;

  constructor(private readonly server: () => Server) {}

  readonly asked = (question: Asked): void => {
    this.open = question;
    void vscode.window.showInformationMessage(question.text, ...choices(question)).then((choice) => this.chosen(question, choice));
  };

  readonly closed = ({ questionId }: { questionId: number }): void => {
    if (this.open?.questionId === questionId) this.open = undefined;
  };

  /** Asks again what is open; what a model asks can be answered at any time. */
  async ask(asked?: Question): Promise<void> {
    const waits = asked?.options ? { text: asked.text, choices: asked.options, inWords: true } : undefined;
    const question = this.open ?? waits;
    if (question === undefined) {
      void vscode.window.showInformationMessage('Greenloop: nothing is asked.');
      return;
    }
    const choice = await vscode.window.showQuickPick(choices(question), { title: 'Greenloop', placeHolder: question.text });
    await this.chosen(question, choice);
  }

  private async chosen(question: Put, choice: string | undefined): Promise<void> {
    const isOther = question.inWords && choice === OTHER;
    const said = isOther ? await vscode.window.showInputBox({ title: 'Greenloop', prompt: question.text, ignoreFocusOut: true }) : choice;
    // Answered in another way meanwhile: nothing is left to say.
    if (said === undefined || this.open?.questionId !== question.questionId) return;
    await this.server().execute('greenloop.answer', { questionId: question.questionId, choice: said });
  }
}
