-- Lists for `:cnext`: every change that waits, every test that fails.

local client = require('greenloop.client')

local M = {}

local KINDS = {
  hunks = { title = 'Greenloop: changes', codes = { 'change', 'conflict' } },
  tests = { title = 'Greenloop: failing tests', codes = { 'test', 'problem' } },
}

--- What the server reported of one kind, in files that are open or not.
---@param kind 'hunks'|'tests'
---@return vim.quickfix.entry[]
function M.items(kind)
  local found = vim.tbl_filter(function(one)
    return one.source == 'greenloop' and vim.list_contains(KINDS[kind].codes, one.code)
  end, vim.diagnostic.get())
  local items = vim.diagnostic.toqflist(found)
  table.sort(items, function(a, b)
    local names = { vim.api.nvim_buf_get_name(a.bufnr), vim.api.nvim_buf_get_name(b.bufnr) }
    if names[1] ~= names[2] then
      return names[1] < names[2]
    end
    return a.lnum < b.lnum
  end)
  return items
end

---@param kind 'hunks'|'tests'
function M.open(kind)
  local items = M.items(kind)
  vim.fn.setqflist({}, ' ', { title = KINDS[kind].title, items = items })
  if #items == 0 then
    client.say(kind == 'hunks' and 'no change waits' or 'no test is known to fail')
    return
  end
  vim.cmd('botright copen')
end

return M
