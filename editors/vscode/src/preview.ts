// The refactor preview, where the person wants to see an edit as a whole before it is made.

import type { ApplyWorkspaceEditParams, ApplyWorkspaceEditRequest, ApplyWorkspaceEditResult, WorkspaceEdit } from 'vscode-languageclient';
import type { Answer } from './protocol';

const ANNOTATION = 'greenloop';

export class Preview {
  private isWanted = false;

  /** The edit that this sets going is shown first. A command is answered before its edit comes. */
  async of(run: () => Promise<Answer>): Promise<void> {
    this.isWanted = true;
    const { ok } = await run();
    if (!ok) this.isWanted = false;
  }

  readonly handle = (params: ApplyWorkspaceEditParams, next: ApplyWorkspaceEditRequest.HandlerSignature) => {
    const edit = this.isWanted ? confirmed(params.edit, params.label ?? 'Greenloop') : params.edit;
    this.isWanted = false;
    return next({ ...params, edit }, undefined as never) as Promise<ApplyWorkspaceEditResult>;
  };
}

/** The same edit, every part of which needs a yes. */
function confirmed(edit: WorkspaceEdit, label: string): WorkspaceEdit {
  const documentChanges = edit.documentChanges?.map((change) =>
    'kind' in change ? { ...change, annotationId: ANNOTATION } : { ...change, edits: change.edits.map((edit) => ({ ...edit, annotationId: ANNOTATION })) },
  );
  return { ...edit, documentChanges, changeAnnotations: { [ANNOTATION]: { label, needsConfirmation: true } } };
}
