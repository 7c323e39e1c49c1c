---@meta
-- What the server sends, as `editors/README.md` tells it. Lines count from 0.

---@class greenloop.HunkId
---@field taskId string
---@field path string of the project, with forward slashes
---@field hunk integer index among the file's changes

---@alias greenloop.HunkState 'pending'|'partly'|'applied'|'rejected'|'conflict'|'settled'|'superseded'

---@class greenloop.Hunk
---@field id greenloop.HunkId
---@field label string
---@field evidence string what the checks say once it is accepted
---@field state greenloop.HunkState
---@field range lsp.Range
---@field startLine integer
---@field endLine integer exclusive; the same as startLine for an insertion before that line
---@field inserted string

---@class greenloop.Evidence
---@field fixed table[]
---@field still_red table[]
---@field n_passed integer

---@class greenloop.Task
---@field taskId string
---@field goal table
---@field state string where it stands, in words
---@field phase string|table `{finished = {status, reason?}}` once it has ended
---@field interrupted boolean
---@field evidence greenloop.Evidence?
---@field hunks {path: string, hunk: integer, label: string, state: greenloop.HunkState}[]
---@field acceptances table[]

---@class greenloop.Question
---@field questionId integer
---@field text string
---@field choices string[]
---@field inWords boolean any other words are an answer too

---@class greenloop.Reply
---@field ok boolean
---@field taskId string?
---@field uri string?
---@field reason string?
---@field message string?

---@class greenloop.Options what `vim.g.greenloop` may hold; everything is optional
---@field enable boolean? start the server by itself; default true
---@field keys boolean? maps that exist only in buffers with a server: ]g [g ig; default true
---@field marks boolean? signs and virtual lines at changes; default true
---@field restart boolean? start the server again after a crash; default true
