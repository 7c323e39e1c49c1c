-- `]g` and `[g`: from one open change to the next, and the change under the cursor as a text object.

local client = require('greenloop.client')
local hunks = require('greenloop.hunks')

local M = {}

--- Goes to the `count`th open change behind or before the cursor, around the ends of the buffer.
---@param step 1|-1
function M.go(step)
  local open = hunks.open()
  if #open == 0 then
    client.say('no change waits here')
    return
  end
  local line = vim.api.nvim_win_get_cursor(0)[1] - 1
  local starts = vim.tbl_map(hunks.lines, open)
  local at = step == 1 and 1 or #starts
  while starts[at] and (starts[at] - line) * step <= 0 do
    at = at + step
  end
  at = (at - 1 + step * (vim.v.count1 - 1)) % #starts + 1
  vim.cmd("normal! m'")
  vim.api.nvim_win_set_cursor(0, { starts[at] + 1, 0 })
  vim.cmd('normal! ^')
end

--- Selects the lines of the change under the cursor; without one an operator does nothing.
function M.select()
  local hunk = hunks.here()
  if not hunk then
    client.say('no change is here')
    -- Escape ends the operator that waits.
    vim.api.nvim_feedkeys(vim.keycode('<Esc>'), 'n', false)
    return
  end
  local first, last = hunks.lines(hunk)
  if vim.fn.mode() ~= 'V' then
    vim.cmd('normal! V')
  end
  vim.api.nvim_win_set_cursor(0, { first + 1, 0 })
  vim.cmd('normal! o')
  vim.api.nvim_win_set_cursor(0, { last + 1, 0 })
end

return M
