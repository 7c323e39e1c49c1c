-- A few words for the statusline; empty when nothing is going on.

local state = require('greenloop.state')

local M = {}

local progress = {} ---@type table<string|integer, string>

--- Keeps what the newest progress of a run says.
---@param value {kind: string, message: string?}
function M.progress(token, value)
  progress[token] = value.kind ~= 'end' and (value.message or progress[token] or '') or nil
end

--- For example `%{v:lua.require'greenloop'.statusline()}`.
---@return string
function M.text()
  local parts = {}
  local task = state.running()
  if task then
    local said = progress['greenloop-task-' .. task.taskId]
    table.insert(parts, said and said ~= '' and said or task.state)
  end
  local n = state.n_open()
  if n > 0 then
    table.insert(parts, n == 1 and '1 change' or n .. ' changes')
  end
  if state.question then
    table.insert(parts, 'a question')
  end
  return #parts > 0 and 'Greenloop: ' .. table.concat(parts, ' · ') or ''
end

return M
