;;; Emacs with Eglot, in batch.  -*- lexical-binding: t -*-
;; A fault on the screen, the failing test, a question, a rejected and an accepted change, a late edit, a cancelled run.

(setq native-comp-enable-subr-trampolines nil)
(require 'cl-lib)
(load (getenv "GREENLOOP_EL"))

(setq last-nonmenu-event t              ; otherwise Eglot opens a mouse menu in batch
      eglot-sync-connect 60 eglot-connect-timeout 60 eglot-confirm-server-edits nil
      eglot-send-changes-idle-time 0.05 make-backup-files nil create-lockfiles nil)

(defvar desk-pick nil "The choice a person makes, by its beginning.")
(defvar desk-asked nil "What a person was asked last, and the choices.")
(defvar desk-told nil "What the server said.")

(defun desk-choose (prompt choices)
  "Remember PROMPT and CHOICES, then choose what `desk-pick' says."
  (let ((all (all-completions "" choices)))
    (setq desk-asked (cons prompt all))
    (or (cl-find-if (lambda (one) (and desk-pick (string-prefix-p desk-pick one))) all)
        ;; Nothing picked; a quit would end a batch.
        "")))

(advice-add 'completing-read :override (lambda (prompt choices &rest _) (desk-choose prompt choices)))
(advice-add 'message :before (lambda (format &rest arguments)
                               (when format (push (apply #'format format arguments) desk-told))))

(defun desk-wait (what seen)
  "Wait for WHAT until SEEN says it is there."
  (with-timeout (60 (error "Never seen: %s\n%S" what (seq-take desk-told 20)))
    (let (found)
      (while (not (setq found (funcall seen)))
        ;; In a batch nobody is ever idle, which is when Eglot tells of what was typed.
        (when (eglot-managed-p) (eglot--signal-textDocument/didChange))
        (accept-process-output nil 0.02))
      found)))

(defun desk-open (name)
  "Open the file NAME of the project."
  (find-file (expand-file-name name (getenv "PROJECT")))
  (unless (eglot-managed-p) (apply #'eglot (eglot--guess-contact)))
  (desk-wait "the server" #'eglot-managed-p)
  (current-buffer))

(defun desk-diagnostics (code)
  "The diagnostics of this buffer with CODE."
  (flymake-start)
  (seq-filter (lambda (one)
                (equal code (plist-get (alist-get 'eglot-lsp-diag (flymake-diagnostic-data one)) :code)))
              (flymake-diagnostics)))

(defun desk-accepted ()
  "Whether the server knows that something was accepted."
  (let ((status (jsonrpc-request (eglot-current-server) :workspace/executeCommand
                                 '(:command "greenloop.task.status" :arguments []))))
    (seq-some (lambda (task) (> (length (plist-get task :acceptances)) 0)) (plist-get status :tasks))))

(defun desk-at (text) "Go to TEXT." (goto-char (point-min)) (search-forward text) (goto-char (match-beginning 0)))
(defun desk-type (old new) "Type NEW in place of OLD." (desk-at old) (delete-char (length old)) (insert new))
(defun desk-holds (text) "Whether this buffer holds TEXT." (save-excursion (goto-char (point-min)) (search-forward text nil t)))
(defun desk-said (part) "Whether PART was said." (seq-some (lambda (one) (string-search part one)) desk-told))

(defun desk-resolved ()
  "The accepting action for the change, with an edit for the text as it is."
  (desk-at "> 50")
  (let ((action (car (eglot-code-actions (point) (point) "quickfix.greenloop.accept"))))
    (jsonrpc-request (eglot-current-server) :codeAction/resolve action)))

(defun journey ()
  (let ((tests (desk-open "test_marks.py")) (marks (desk-open "marks.py")))
    (cl-assert (eq (length (hash-table-values eglot--servers-by-project)) 1))
    (desk-type ">= 50" "> 50")
    (greenloop-test)
    (with-current-buffer tests
      (desk-wait "the failing test" (lambda () (desk-diagnostics "test")))
      (cl-assert (= 8 (line-number-at-pos (flymake-diagnostic-beg (car (desk-diagnostics "test")))))))

    ;; A question: put away it is no yes; then the plan, edited, is carried out as it stands.
    (greenloop-plan)
    (desk-wait "the question" (lambda () desk-asked))
    (cl-assert (string-search "carry out the plan of 1 step" (car desk-asked)))
    (cl-assert (equal '("Carry it out" "No" "Show the plan") (cdr desk-asked)))
    (greenloop-show "plan")
    (let ((plan (desk-wait "the plan" (lambda () (cl-find 'greenloop-plan-mode (buffer-list) :key (lambda (one) (buffer-local-value 'major-mode one)))))))
      (with-current-buffer plan
        (desk-wait "the server in the plan" #'eglot-managed-p)
        (goto-char (point-min)) (search-forward "## 1.") (forward-line)
        (insert "\n- worker: nobody\n")
        (desk-wait "what is wrong in it" (lambda () (desk-diagnostics "plan")))
        (delete-region (point) (save-excursion (forward-line -2) (point)))
        (desk-wait "nothing wrong" (lambda () (not (desk-diagnostics "plan"))))
        (greenloop-approve)))
    (with-current-buffer marks
      (desk-wait "the change" (lambda () (desk-diagnostics "change")))
      (desk-at "> 50")
      (greenloop-reject)
      (desk-wait "a no" (lambda () (not (desk-diagnostics "change"))))
      (greenloop-command "proposal.restore")
      (desk-wait "no no any more" (lambda () (desk-diagnostics "change")))

      ;; An edit for a text that has moved on is refused, also when Eglot has not told of it yet.
      (let ((late (desk-resolved)))
        (goto-char (point-min))
        (insert "# Typed meanwhile.\n")
        (cl-assert (condition-case nil (progn (eglot-execute (eglot-current-server) late) nil) (error t))))
      (cl-assert (desk-holds "# Typed meanwhile.\ndef passed(points):\n    return points > 50"))
      (desk-at "> 50")
      (greenloop-accept)
      (desk-wait "the change in the text" (lambda () (desk-holds ">= 50")))
      (cl-assert (desk-holds "# Typed meanwhile."))
      (with-current-buffer tests (desk-wait "the green test" (lambda () (not (desk-diagnostics "test")))))
      (desk-wait "the acceptance" #'desk-accepted)
      (greenloop-undo)
      (desk-wait "it taken back" (lambda () (not (desk-holds ">= 50"))))

      ;; A run that never ends is ended.
      (with-temp-file (expand-file-name "test_slow.py" (getenv "PROJECT"))
        (insert "import time, unittest\n\n\nclass Slow(unittest.TestCase):\n    def test_slow(self):\n        time.sleep(600)\n"))
      (let ((task (plist-get (greenloop-command "test.run" (greenloop--here)) :taskId)))
        (greenloop-cancel)
        (desk-wait "its end"
                   (lambda ()
                     (let* ((status (greenloop-command "task.status" (list :taskId task)))
                            (phase (plist-get (aref (plist-get status :tasks) 0) :phase)))
                       (and (listp phase) (equal "cancelled" (plist-get (plist-get phase :finished) :status))))))))))

(condition-case fault
    (progn (journey) (set-buffer-modified-p nil) (kill-emacs 0))
  (error (princ (format "%S\n" fault)) (kill-emacs 1)))
