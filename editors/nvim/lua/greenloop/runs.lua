-- The runs of this project, to look at one of them.

local client = require('greenloop.client')
local documents = require('greenloop.documents')
local state = require('greenloop.state')

local M = {}

---@param task greenloop.Task
function M.line(task)
  local open = vim.iter(task.hunks):filter(function(hunk)
    return hunk.state == 'pending' or hunk.state == 'conflict' or hunk.state == 'partly'
  end)
  local n = #open:totable()
  return ('%s  %s%s'):format(task.taskId, task.state, n > 0 and (' [%d open]'):format(n) or '')
end

--- Newest first; the one that is picked opens as a page.
function M.pick()
  local tasks = vim.iter(state.tasks):rev():totable()
  if #tasks == 0 then
    client.say('there is no run yet')
    return
  end
  local how = { prompt = 'Runs', format_item = M.line, kind = 'greenloop' }
  vim.ui.select(tasks, how, function(task)
    if task then
      documents.show('run', task.taskId)
    end
  end)
end

return M
