// Questions of the server, as notifications. One that is put away stays open in the Runs view. No answer is never a yes.

import * as vscode from 'vscode';
import type { Server } from './server';

export interface Asked {
  questionId: number;
  text: string;
  choices: string[];
}

export class Questions {
  private open: Asked | undefined;

  constructor(private readonly server: () => Server) {}

  readonly asked = (question: Asked): void => {
    this.open = question;
    void vscode.window.showInformationMessage(question.text, ...question.choices).then((choice) => {
      if (choice !== undefined) void this.answer(question, choice);
    });
  };

  readonly closed = ({ questionId }: { questionId: number }): void => {
    if (this.open?.questionId === questionId) this.open = undefined;
  };

  /** Asks again what is open. */
  async ask(): Promise<void> {
    const question = this.open;
    if (question === undefined) {
      void vscode.window.showInformationMessage('Greenloop: nothing is asked.');
      return;
    }
    const choice = await vscode.window.showQuickPick(question.choices, { title: 'Greenloop', placeHolder: question.text });
    if (choice !== undefined) await this.answer(question, choice);
  }

  private async answer(question: Asked, choice: string): Promise<void> {
    // Answered in another way meanwhile: nothing is left to say.
    if (this.open?.questionId !== question.questionId) return;
    await this.server().execute('greenloop.answer', { questionId: question.questionId, choice });
  }
}
