;;; The user of a scenario.  -*- lexical-binding: t -*-
;; Does what is said in lines of JSON on one socket, in an Emacs whose server is at another one.

(setq native-comp-enable-subr-trampolines nil)
(require 'cl-lib)
(require 'json)
(load (getenv "GREENLOOP_EL"))

(setq last-nonmenu-event t eglot-sync-connect 30 eglot-connect-timeout 30 eglot-confirm-server-edits nil
      make-backup-files nil create-lockfiles nil require-final-newline nil mode-require-final-newline nil
      auto-save-default nil eglot-autoreconnect nil revert-without-query '(".*"))

(defvar user-root (file-name-as-directory default-directory))
(defvar user-answer nil "The answer to the open question: (CHOICE), once it is there.")
(defvar user-choose nil "How a code action is chosen: a function of the titles.")

(defun user-connect ()
  "A connection to the server."
  (make-network-process :name "greenloop" :family 'local :service (getenv "LSP_SOCKET") :noquery t :coding 'utf-8-emacs-unix))

(setq eglot-server-programs
      `(((greenloop-plan-mode prog-mode text-mode fundamental-mode) . (eglot-lsp-server :process ,#'user-connect))))

(advice-add 'completing-read :override
            (lambda (_prompt choices &rest _)
              (let ((all (all-completions "" choices)))
                (if user-choose (funcall user-choose all)
                  ;; A question: others go on until somebody answers it.
                  (setq user-answer nil)
                  (while (not user-answer) (accept-process-output nil 0.02))
                  (or (car user-answer) "")))))

(defun user-buffer (path)
  "The buffer of the file PATH."
  (or (get-file-buffer (expand-file-name path user-root)) (error "%s is not open" path)))

(defun user-tell ()
  "Tell the server of everything that was typed."
  (dolist (buffer (buffer-list))
    ;; What comes between two commands is one step of undo.
    (with-current-buffer buffer (when (eglot-managed-p) (undo-boundary) (eglot--signal-textDocument/didChange)))))

(defun user-line (line) "Go to LINE, from 0." (goto-char (point-min)) (forward-line line))

(defun user-actions (order)
  "The actions that Eglot lists for ORDER."
  (let* ((only (plist-get order :only)) (kind (and (vectorp only) (aref only 0))))
    (user-line (plist-get order :last))
    (let ((end (point)))
      (user-line (plist-get order :first))
      (cons kind (condition-case nil (eglot-code-actions (point) end kind) (error nil))))))

(defun user-do (order)
  "Carry out ORDER."
  (let ((path (plist-get order :path)))
    (pcase (plist-get order :do)
      ("open" (find-file (expand-file-name path user-root))
       (unless (eglot-managed-p) (apply #'eglot (eglot--guess-contact))) nil)
      ("close" (with-current-buffer (user-buffer path) (set-buffer-modified-p nil) (kill-buffer)) nil)
      ("save" (with-current-buffer (user-buffer path) (save-buffer)) nil)
      ("undo" (with-current-buffer (user-buffer path)
                (undo-boundary)
                (let ((last-command nil) (this-command 'undo)) (undo-only)) (undo-boundary)) (user-tell) nil)
      ("redo" (with-current-buffer (user-buffer path) (let ((last-command 'ignore)) (undo-redo)) (undo-boundary)) (user-tell) nil)
      ("type" (with-current-buffer (user-buffer path)
                (let ((old (plist-get order :old)) (new (plist-get order :new)))
                  (goto-char (point-min))
                  (if (string-empty-p old) (ignore) (search-forward old) (goto-char (match-beginning 0)))
                  (while (and (not (string-empty-p old)) (not (string-empty-p new)) (eq (aref old 0) (aref new 0)))
                    (setq old (substring old 1) new (substring new 1)) (forward-char))
                  (while (and (not (string-empty-p old)) (not (string-empty-p new))
                              (eq (aref old (1- (length old))) (aref new (1- (length new)))))
                    (setq old (substring old 0 -1) new (substring new 0 -1)))
                  (undo-boundary) (delete-char (length old)) (insert new) (undo-boundary)))
       (user-tell) nil)
      ("command" (user-tell)
       (jsonrpc-async-request (car (user-servers)) :workspace/executeCommand
                              (list :command (plist-get order :name) :arguments (plist-get order :arguments))
                              :success-fn #'ignore :error-fn #'ignore) nil)
      ("action" (with-current-buffer (user-buffer path)
                  (undo-boundary)
                  (let* ((title (plist-get order :title)) chosen
                         (user-choose (lambda (all) (setq chosen (cl-find-if (lambda (one) (string-prefix-p title one)) all)))))
                    (user-line (plist-get order :last))
                    (let ((end (point)))
                      (user-line (plist-get order :first))
                      (condition-case nil (eglot-code-actions (point) end nil t) (error nil)))
                    (undo-boundary)
                    (list :chosen (if chosen t :false)))))
      ;; Eglot asks for none by itself.
      ("actions" (with-current-buffer (user-buffer path)
                   (list :actions (if (plist-get order :automatic) [] (vconcat (cdr (user-actions order)))))))
      ("lens" (list :chosen :false))
      ("answer" (setq user-answer (list (let ((choice (plist-get order :choice))) (and (stringp choice) choice)))) nil)
      ("cancel-progress" (error "Eglot has no cancel at the progress"))
      ("look" (user-tell)
       (list :documents
             (vconcat (delq nil (mapcar (lambda (buffer)
                                          (let ((name (buffer-file-name buffer)))
                                            (and name (string-prefix-p user-root name)
                                                 (list :path (substring name (length user-root))
                                                       :text (with-current-buffer buffer (save-restriction (widen) (buffer-substring-no-properties (point-min) (point-max))))))))
                                        (buffer-list)))))))))

(defun user-servers () "The servers there are." (apply #'append (hash-table-values eglot--servers-by-project)))

(defvar user-unread "")
(defvar user-orders nil)
(defvar user-link
  (make-network-process :name "user" :family 'local :service (getenv "USER_SOCKET") :noquery t :coding 'utf-8-unix
                        :filter (lambda (process data)
                                  (setq user-unread (concat user-unread data))
                                  (while (string-match "\n" user-unread)
                                    (let ((order (json-parse-string (substring user-unread 0 (match-beginning 0)) :object-type 'plist :null-object nil :false-object nil)))
                                      (setq user-unread (substring user-unread (match-end 0)))
                                      (setq user-orders (append user-orders (list order))))))
                        :sentinel (lambda (process _) (unless (process-live-p process) (kill-emacs 0)))))

(defun user-obey ()
  "Carry out the orders that have come."
  (while user-orders
    (let* ((order (pop user-orders))
           (answer (condition-case fault (or (user-do order) (list :ok t)) (error (list :error (format "%S" fault))))))
      (process-send-string user-link (concat (json-serialize answer :null-object nil :false-object :false) "\n")))))

;; While a question is open too.
(run-with-timer 0.01 0.01 #'user-obey)
(while t (accept-process-output nil 0.05))
