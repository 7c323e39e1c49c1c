-- Decisions: accept, reject, take a no back, look for another way; by lines, file, step, or everything.

local client = require('greenloop.client')
local hunks = require('greenloop.hunks')

local M = {}

---@alias greenloop.Verb 'accept'|'reject'|'restore'|'revise'|'check'

--- All changes that touch some lines.
---@param verb greenloop.Verb
---@param first integer from 0
---@param last integer inclusive
---@param note string?
function M.lines(verb, first, last, note)
  local found = hunks.at(first, last)
  if verb == 'restore' then
    found = vim.tbl_filter(function(hunk)
      local start, stop = hunks.lines(hunk)
      return hunk.state == 'rejected' and start <= last and first <= stop
    end, hunks.all())
  end
  if #found == 0 then
    client.say('no change is here', vim.log.levels.WARN)
  end
  for _, hunk in ipairs(found) do
    client.command('hunk.' .. verb, vim.tbl_extend('error', { feedback = note }, hunk.id))
  end
end

---@param verb greenloop.Verb
---@param note string?
function M.here(verb, note)
  local line = vim.api.nvim_win_get_cursor(0)[1] - 1
  M.lines(verb, line, line, note)
end

--- A file, a step of the plan, or the whole proposal.
---@param verb greenloop.Verb
---@param what 'file'|'step'|'all'
---@param step integer?
---@param note string?
function M.wider(verb, what, step, note)
  local arguments = {
    file = { uri = vim.uri_from_bufnr(0), feedback = note },
    step = { step = step, feedback = note },
    all = { feedback = note },
  }
  local level = what == 'all' and 'proposal' or what
  local argument = arguments[what]
  client.command(level .. '.' .. verb, next(argument) and argument or nil)
end

local pending ---@type greenloop.Verb

--- What `g@` calls: decides about the lines that a motion went over.
function M.operate()
  M.lines(pending, vim.fn.line("'[") - 1, vim.fn.line("']") - 1)
end

--- Begins an operator; to be used in an expression map.
---@param verb greenloop.Verb
function M.operator(verb)
  pending = verb
  vim.go.operatorfunc = "v:lua.require'greenloop.review'.operate"
  return 'g@'
end

--- Asks for words, then has another way looked for.
---@param decide fun(note: string)
function M.with_note(decide)
  vim.ui.input({ prompt = 'What is wrong with it? ' }, function(note)
    if note then
      decide(note)
    end
  end)
end

return M
