-- Why a change is offered: what the checks said, in a floating window.

local client = require('greenloop.client')
local hunks = require('greenloop.hunks')
local state = require('greenloop.state')

local M = {}

---@param hunk greenloop.Hunk
---@return string[]
function M.text(hunk)
  local lines = { '**' .. hunk.label .. '**', '', hunk.evidence .. ' once it is accepted' }
  local task = state.task(hunk.id.taskId)
  local evidence = task and task.evidence
  if evidence and evidence ~= vim.NIL then
    vim.list_extend(lines, { '', ('the whole proposal: %d passed'):format(evidence.n_passed) })
    for _, test in ipairs(evidence.fixed) do
      table.insert(lines, '- red → green `' .. (test.name or vim.inspect(test)) .. '`')
    end
    for _, test in ipairs(evidence.still_red) do
      table.insert(lines, '- still red `' .. (test.name or vim.inspect(test)) .. '`')
    end
  end
  return lines
end

function M.show()
  local hunk = hunks.here()
  if not hunk then
    client.say('no change is here')
    return
  end
  vim.lsp.util.open_floating_preview(M.text(hunk), 'markdown', { border = 'rounded', focus_id = 'greenloop' })
end

return M
