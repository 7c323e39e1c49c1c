-- Red project, failing test, fix until green, the change in place, accepted, green, and all of it taken back.

local desk = require('desk')

local tests = desk.open('test_marks.py')
local marks = desk.open('marks.py')

-- A fault that only the screen has.
desk.type('>= 50', '> 50')
vim.cmd.Greenloop('test')
desk.wait('the failing test at its assertion', function()
  return desk.diagnostics('test', tests)[1]
end)
desk.same(7, desk.diagnostics('test', tests)[1].lnum)
desk.same(false, vim.fn.readfile(vim.env.PROJECT .. '/marks.py')[2]:find('> 50', 1, true) ~= nil)

vim.cmd.Greenloop('failing')
desk.same(1, #vim.fn.getqflist())
desk.same(8, vim.fn.getqflist()[1].lnum)
vim.cmd.cclose()

local spoken = {}
vim.api.nvim_create_autocmd('LspProgress', {
  callback = function(event)
    table.insert(spoken, event.data.params.value.kind)
  end,
})
vim.cmd.buffer(marks)
vim.cmd.Greenloop('fix')
desk.wait('words in the statusline', function()
  return require('greenloop').statusline() ~= ''
end)
desk.wait('the change', function()
  return desk.hunks('pending')[1]
end)
desk.same('begin', spoken[1])
desk.wait('what is drawn', function()
  return #desk.drawn() > 0
end)
desk.same({
  '2 sign ▎',
  '2 +     return points >= 50',
}, vim.list_slice(desk.drawn(), 1, 2))
assert(desk.drawn()[3]:find('change 1/1', 1, true), vim.inspect(desk.drawn()))
desk.ended()
desk.same('Greenloop: 1 change', require('greenloop').statusline())

-- From anywhere to the change.
vim.cmd('normal! gg')
desk.keys(']g')
desk.same(2, vim.fn.line('.'))
vim.cmd('normal! G')
desk.keys('[g')
desk.same(2, vim.fn.line('.'))

vim.cmd.Greenloop('evidence')
local page = desk.wait('the page of evidence', function()
  for _, win in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(win).relative ~= '' then
      return table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(win), 0, -1, false), '\n')
    end
  end
end)
assert(page:find('red → green `test_marks.Marks.test_boundary`', 1, true), page)
vim.cmd('fclose!')

vim.cmd.Greenloop('diff')
local diffing = vim.tbl_filter(function(win)
  return vim.wo[win].diff
end, vim.api.nvim_tabpage_list_wins(0))
desk.same(2, #diffing)
vim.cmd.wincmd('l')
desk.same('python', vim.bo.filetype)
desk.same('    return points >= 50', vim.api.nvim_buf_get_lines(0, 1, 2, false)[1])
vim.cmd.tabclose()

vim.cmd.Greenloop('hunks')
desk.same(1, #vim.fn.getqflist())
vim.cmd.cclose()

desk.at('> 50')
vim.cmd.Greenloop('accept')
desk.wait('the change in the text', function()
  return desk.text():find('>= 50', 1, true)
end)
desk.wait('the green test', function()
  return #desk.diagnostics('test', tests) == 0 and #desk.hunks('applied') == 1
end)
desk.same('', require('greenloop').statusline())

-- The editor's own undo, and ours after it was typed on.
vim.cmd('silent undo')
desk.wait('the change is pending again', function()
  return #desk.hunks('pending') == 1
end)
vim.cmd('silent redo')
desk.wait('the change is in again', function()
  return #desk.hunks('applied') == 1
end)
vim.api.nvim_buf_set_lines(0, -1, -1, false, { '', '# More.' })
vim.cmd.Greenloop('undo')
desk.wait('the acceptance is taken back', function()
  return desk.text():find('> 50', 1, true) and desk.text():find('# More.', 1, true)
end)
desk.wait('the server knows', function()
  local tasks = require('greenloop').tasks()
  return tasks[#tasks].acceptances[1].undone
end)
vim.cmd.Greenloop('redo')
desk.wait('the acceptance is made again', function()
  return desk.text():find('>= 50', 1, true)
end)
