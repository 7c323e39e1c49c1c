;;; greenloop.el --- Take red tests to green with Eglot  -*- lexical-binding: t -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "30.1"))
;; Keywords: tools, languages

;;; Commentary:

;; Eglot shows what Greenloop finds and proposes by itself: diagnostics, code actions, questions, progress.  This file
;; tells Eglot how the server is started, gives its commands names, and makes a plan a buffer of the same server.
;; Without it, one line is enough:
;;   (add-to-list 'eglot-server-programs '(python-base-mode . ("greenloop" "lsp")))

;;; Code:

(require 'eglot)
(require 'project)

(defgroup greenloop nil "Take red tests to green." :group 'tools)

(defcustom greenloop-program '("greenloop" "lsp")
  "How the server is started."
  :type '(repeat string))

(defcustom greenloop-modes '(python-base-mode rust-mode rust-ts-mode go-mode go-ts-mode js-base-mode typescript-ts-base-mode)
  "Modes of the files whose projects Greenloop works on.
Eglot has one server for a buffer: those named here have Greenloop, unless
`greenloop-program' starts several servers behind one, as `rass' does."
  :type '(repeat symbol))

(define-derived-mode greenloop-plan-mode text-mode "Plan"
  "A plan of Greenloop, carried out as it stands."
  (setq-local outline-regexp "##* ")
  (outline-minor-mode))

(add-to-list 'auto-mode-alist '("/review/plan/[0-9a-z]+\\.md\\'" . greenloop-plan-mode))
(add-to-list 'eglot-server-programs (cons `(greenloop-plan-mode ,@greenloop-modes) greenloop-program))
(add-hook 'greenloop-plan-mode-hook #'eglot-ensure)

(defvar greenloop--server nil "The server that was asked last.")

(defun greenloop--project-of-plan (folder)
  "The project that a plan in FOLDER belongs to, though it is no file of it."
  (and (string-match-p "/review/plan/\\'" (file-name-as-directory folder))
       greenloop--server
       (eglot--project greenloop--server)))

(add-hook 'project-find-functions #'greenloop--project-of-plan)

(defun greenloop-command (name &optional argument)
  "Have the server carry out the command NAME, without `greenloop.', with ARGUMENT."
  (setq greenloop--server (eglot--current-server-or-lose))
  (eglot-execute greenloop--server
                 (list :title name :command (concat "greenloop." name)
                       :arguments (if argument (vector argument) []))))

(defun greenloop--tell-typed (&rest _)
  "Tell servers what was typed, so that an edit for an older text is refused.
Eglot compares versions, and what it has not told yet is part of none."
  (dolist (buffer (buffer-list))
    (with-current-buffer buffer
      (when (eglot-managed-p) (eglot--signal-textDocument/didChange)))))

(advice-add 'eglot--apply-workspace-edit :before #'greenloop--tell-typed)

(defun greenloop--here ()
  "An argument that names the file of this buffer."
  (list :uri (eglot-path-to-uri (buffer-file-name))))

(defun greenloop-test () "Run the checks on what is on the screen." (interactive) (greenloop-command "test.run" (greenloop--here)))
(defun greenloop-fix () "Work until the failing tests pass." (interactive) (greenloop-command "fix" (greenloop--here)))
(defun greenloop-plan () "The same, by a plan that waits for your yes." (interactive) (greenloop-command "plan" (greenloop--here)))
(defun greenloop-approve () "Carry the plan out as it stands." (interactive) (greenloop-command "plan.approve"))
(defun greenloop-refuse (note) "Say no to the plan, with NOTE." (interactive "sWhy? ") (greenloop-command "plan.refuse" (list :feedback note)))
(defun greenloop-cancel () "End the run." (interactive) (greenloop-command "task.cancel"))
(defun greenloop-resume () "Go on with an interrupted run." (interactive) (greenloop-command "task.resume"))
(defun greenloop-undo () "Take the latest acceptance back, whatever was typed since." (interactive) (greenloop-command "proposal.undo"))
(defun greenloop-redo () "Make it again." (interactive) (greenloop-command "proposal.redo"))
(defun greenloop-accept-file () "Accept all changes of this file." (interactive) (greenloop-command "file.accept" (greenloop--here)))
(defun greenloop-reject-file () "Reject all changes of this file." (interactive) (greenloop-command "file.reject" (greenloop--here)))
(defun greenloop-accept-all () "Accept the whole proposal." (interactive) (greenloop-command "proposal.accept"))
(defun greenloop-reject-all () "Reject the whole proposal." (interactive) (greenloop-command "proposal.reject"))

(defun greenloop-show (what)
  "Show WHAT of the newest run: run, plan, diff or log."
  (interactive (list (completing-read "Show: " '("run" "plan" "diff" "log") nil t)))
  (greenloop-command "show" (list :what what)))

(defun greenloop--act (kind)
  "Carry out the code action of KIND at point."
  (eglot-code-actions (point) (if (use-region-p) (mark) (point)) kind t))

(defun greenloop-accept () "Accept the change at point." (interactive) (greenloop--act "quickfix.greenloop.accept"))
(defun greenloop-reject () "Reject the change at point." (interactive) (greenloop--act "quickfix.greenloop.reject"))

(defun greenloop-revise (note)
  "Reject the change at point because of NOTE, and have another one looked for."
  (interactive "sWhat is wrong with it? ")
  (let* ((kind "quickfix.greenloop.revise")
         (action (or (car (eglot-code-actions (point) (point) kind)) (user-error "No change is here")))
         (hunk (aref (plist-get (plist-get action :command) :arguments) 0)))
    (greenloop-command "hunk.revise" (append hunk (list :feedback note)))))

(defvar-keymap greenloop-map
  :doc "Greenloop's commands; bind it to a key of yours."
  "t" #'greenloop-test "f" #'greenloop-fix "p" #'greenloop-plan "a" #'greenloop-accept "r" #'greenloop-reject
  "v" #'greenloop-revise "A" #'greenloop-accept-all "R" #'greenloop-reject-all "y" #'greenloop-approve
  "n" #'greenloop-refuse "k" #'greenloop-cancel "u" #'greenloop-undo "U" #'greenloop-redo "s" #'greenloop-show)
(fset 'greenloop-map greenloop-map)

(provide 'greenloop)
;;; greenloop.el ends here
