-- A plan: asked about, edited as text, carried out as it stands, reviewed by steps; one change sent back with a note.

local desk = require('desk')

local two = desk.open('two.py')
local one = desk.open('one.py')

-- The question comes to `vim.ui.select`; whoever picks nothing has not said yes.
vim.cmd.Greenloop('plan')
desk.wait('the question', function()
  return desk.asked[1]
end)
assert(desk.asked[1].prompt:find('carry out the plan of 2 steps', 1, true), desk.asked[1].prompt)
desk.same({ 'Carry it out', 'No', 'Show the plan' }, desk.asked[1].shown)
desk.same(0, #desk.hunks())
desk.pick = function(shown)
  return shown == 'Show the plan'
end
vim.cmd.Greenloop('answer')
desk.wait('the plan', function()
  return require('greenloop.plan').run(0)
end)
desk.wait('the server in the plan', function()
  return vim.lsp.get_clients({ name = 'greenloop', bufnr = 0 })[1]
end)
desk.same(1, #vim.lsp.get_clients({ name = 'greenloop' }))
desk.wait('folds by step', function()
  return vim.fn.foldlevel(vim.fn.search('^## 2', 'n')) > 0
end)

-- What cannot be read is told at its line, and nothing is lost.
local heading = vim.fn.search('^## 1', 'cw')
vim.api.nvim_buf_set_lines(0, heading, heading, false, { '', '- worker: nobody' })
desk.wait('the diagnostic', function()
  return desk.diagnostics('plan')[1]
end)
assert(desk.diagnostics('plan')[1].message:find('there is no worker `nobody`', 1, true))
vim.api.nvim_buf_set_lines(0, heading, heading + 2, false, {})
vim.api.nvim_buf_set_lines(0, heading - 1, heading, false, { '## 1. My own words' })
desk.wait('no diagnostic', function()
  return #desk.diagnostics('plan') == 0
end)
vim.cmd.Greenloop('approve')
local task = desk.ended()
desk.same('green', task.phase.finished.status)

-- By steps: the one in this file is accepted.
vim.cmd.buffer(one)
desk.wait('the change of a step', function()
  return desk.hunks('pending')[1]
end)
vim.cmd.Greenloop('show')
desk.wait('the plan was carried out as it stood', function()
  return vim.api.nvim_buf_get_name(0):find('greenloop:/run/', 1, true) and desk.text():find('My own words', 1, true)
end)
vim.cmd.buffer(one)
vim.cmd.Greenloop({ args = { 'accept', 'step', '1' } })
desk.wait('the step in the text', function()
  return desk.text():find('return 1', 1, true)
end)

-- The other one is sent back with a note, and the note is heard.
vim.cmd.buffer(two)
desk.wait('the other change', function()
  return desk.hunks('pending')[1]
end)
desk.pick = function(shown)
  return shown == 'Carry it out'
end
desk.at('return 0')
vim.cmd.Greenloop({ args = { 'revise', 'write', 'a', 'sum' } })
desk.wait('another change', function()
  local hunk = desk.hunks('pending')[1]
  return hunk and hunk.inserted:find('1 + 1', 1, true)
end)
vim.cmd.Greenloop({ args = { 'accept', 'all' } })
desk.wait('it in the text', function()
  return desk.text():find('return 1 + 1', 1, true)
end)
