-- Runs: a cancelled one, one whose server is killed, what is there again, pages about them, and words that do not exist.

local desk = require('desk')

desk.open('marks.py')
desk.type('>= 50', '> 50')
vim.cmd.Greenloop('fix')
desk.wait('the change', function()
  return desk.hunks('pending')[1]
end)
desk.ended()

-- Cancelled while its tests wait for something that never comes.
local stuck = 'import time, unittest\n\n\nclass Slow(unittest.TestCase):\n    def test_slow(self):\n        time.sleep(600)\n'
vim.fn.writefile(vim.split(stuck, '\n'), vim.env.PROJECT .. '/test_slow.py')
local function running()
  return require('greenloop.state').running()
end
vim.cmd.Greenloop('test')
desk.wait('a run', running)
vim.cmd.Greenloop('cancel')
desk.wait('its end', function()
  return not running()
end)
local tasks = require('greenloop').tasks()
desk.same('cancelled', tasks[#tasks].phase.finished.status)

-- The server dies in the middle of a run.
vim.cmd.Greenloop('test')
local lost = desk.wait('a run', running).taskId
local client = vim.lsp.get_clients({ name = 'greenloop' })[1]
desk.kill_server()
desk.wait('another server', function()
  local now = vim.lsp.get_clients({ name = 'greenloop', bufnr = 0 })[1]
  return now and now.id ~= client.id and now.initialized and now
end)
desk.wait('the proposal is still there', function()
  return desk.hunks('pending')[1]
end)
desk.wait('the run is known to be interrupted', function()
  local task = require('greenloop.state').task(lost)
  return task and task.interrupted
end)
vim.cmd.Greenloop({ args = { 'resume', lost } })
desk.wait('it goes on', running)
vim.cmd.Greenloop('cancel')
desk.wait('its end', function()
  return not running()
end)
desk.at('> 50')
vim.cmd.Greenloop('accept')
desk.wait('the change in the text', function()
  return desk.text():find('>= 50', 1, true)
end)

-- Pages.
desk.pick = function()
  return true
end
vim.cmd.Greenloop('runs')
desk.wait('the page of a run', function()
  return vim.api.nvim_buf_get_name(0):find('greenloop:/run/', 1, true) and #desk.text() > 20
end)
desk.same(false, vim.bo.modifiable)
vim.cmd.Greenloop({ args = { 'show', 'log' } })
desk.wait('what was printed', function()
  return vim.api.nvim_buf_get_name(0):find('greenloop:/log/', 1, true)
end)
vim.cmd.Greenloop('report')
desk.wait('the report', function()
  return vim.api.nvim_buf_get_name(0):find('greenloop report', 1, true) and #desk.text() > 20
end)

-- Words.
desk.same({ 'accept', 'answer', 'approve' }, vim.fn.getcompletion('Greenloop a', 'cmdline'))
desk.same({ 'all', 'file', 'step' }, (function()
  local found = vim.fn.getcompletion('Greenloop accept ', 'cmdline')
  table.sort(found)
  return found
end)())
vim.cmd.Greenloop('frobnicate')
assert(desk.notes[#desk.notes]:find('there is no :Greenloop frobnicate', 1, true))
