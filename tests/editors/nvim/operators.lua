-- Changes by operators, text objects, counts and ranges, in a file that has several.

local desk = require('desk')

desk.open('warehouse/stock.py')
local shifts = desk.open('warehouse/shifts.py')
vim.cmd.Greenloop('fix')
desk.ended()

-- All changes of all files, whether open or not.
desk.wait('six changes', function()
  return #require('greenloop.quickfix').items('hunks') == 6
end)
vim.cmd.Greenloop('hunks')
vim.cmd('cfirst | cclose')
assert(vim.api.nvim_buf_get_name(0):find('figures.py', 1, true))

vim.cmd.buffer(shifts)
desk.wait('the change', function()
  return desk.hunks('pending')[1]
end)
desk.at('minutes + breaks')

-- The text object, as selected lines and as what an operator works on.
desk.keys('vig')
desk.same('V', vim.fn.mode())
desk.keys('<Esc>')
vim.keymap.set('n', 'gA', '<Plug>(greenloop-accept)')
vim.keymap.set('n', 'gR', '<Plug>(greenloop-reject)')
vim.keymap.set('x', 'gA', '<Plug>(greenloop-accept)')
desk.keys('gRig')
desk.wait('a no', function()
  return #desk.hunks('rejected') == 1
end)
vim.cmd.Greenloop('restore')
desk.wait('that no is taken back', function()
  return #desk.hunks('pending') == 1
end)
vim.cmd('normal! gg')
desk.keys('VGgA')
desk.wait('the change in the text', function()
  return desk.text():find('minutes - breaks', 1, true)
end)

-- With a range, and around the ends of a buffer with one change.
vim.cmd.edit('warehouse/stock.py')
desk.wait('its change', function()
  return desk.hunks('pending')[1]
end)
vim.cmd('normal! G')
desk.keys('2]g')
desk.same(desk.hunks('pending')[1].startLine + 1, vim.fn.line('.'))
vim.cmd('%Greenloop reject')
desk.wait('another no', function()
  return #desk.hunks('rejected') == 1
end)
desk.keys(']g')
desk.same('Greenloop: no change waits here', desk.notes[#desk.notes])
