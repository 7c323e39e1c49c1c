-- The whole plugin for scripts: `require('greenloop').statusline()`, `.command('fix')`. Everything else is loaded when
-- it is first used.

local M = {}

--- Words about what is going on, for the statusline.
function M.statusline()
  return require('greenloop.statusline').text()
end

--- Has the server carry out a command by its name without `greenloop.`, see `editors/README.md`.
---@param name string
---@param argument table|string|nil
---@param done fun(reply: greenloop.Reply)?
function M.command(name, argument, done)
  require('greenloop.client').command(name, argument, done)
end

--- The runs as the server told them last.
---@return greenloop.Task[]
function M.tasks()
  return require('greenloop.state').tasks
end

--- The changes proposed for a buffer.
---@param buf integer?
---@return greenloop.Hunk[]
function M.hunks(buf)
  return require('greenloop.hunks').all(buf)
end

return M
