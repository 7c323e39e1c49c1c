// The client library, by itself: it is larger than all the rest, so it is loaded once the window is up.

export { ExecuteCommandRequest, LanguageClient, State } from 'vscode-languageclient/node';
