-- All runs as the server told them last. Whoever shows something of it listens to `User GreenloopState`.

local M = {
  tasks = {}, ---@type greenloop.Task[]
  question = nil, ---@type greenloop.Question?
}

---@param told {tasks: greenloop.Task[], question: greenloop.Question?}
function M.heard(told)
  local known = function(value)
    return value ~= vim.NIL and value or nil
  end
  M.tasks, M.question = known(told.tasks) or {}, known(told.question)
  vim.api.nvim_exec_autocmds('User', { pattern = 'GreenloopState', modeline = false })
end

---@param task greenloop.Task
function M.is_running(task)
  local ended = type(task.phase) == 'table' and task.phase.finished ~= nil
  return not ended and not task.interrupted
end

---@return greenloop.Task? task the newest run that is not over
function M.running()
  for at = #M.tasks, 1, -1 do
    if M.is_running(M.tasks[at]) then
      return M.tasks[at]
    end
  end
end

---@param id string
---@return greenloop.Task?
function M.task(id)
  return vim.iter(M.tasks):find(function(task)
    return task.taskId == id
  end)
end

--- How many changes wait for a decision.
function M.n_open()
  local n = 0
  for _, task in ipairs(M.tasks) do
    for _, hunk in ipairs(task.hunks) do
      if vim.list_contains({ 'pending', 'partly', 'conflict' }, hunk.state) then
        n = n + 1
      end
    end
  end
  return n
end

return M
