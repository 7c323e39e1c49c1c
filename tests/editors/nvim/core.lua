-- Without the plugin: commands, diagnostics, code actions, questions, a plan in its file, all by Neovim's own means.

local desk = require('desk')

assert(not pcall(require, 'greenloop'), 'the plugin must not be there')

local function command(name, argument)
  local client = vim.lsp.get_clients({ name = 'greenloop' })[1]
  client:exec_cmd({ title = name, command = 'greenloop.' .. name, arguments = { argument } })
end

local function act(title)
  vim.lsp.buf.code_action({
    apply = true,
    filter = function(action)
      return vim.startswith(action.title, title)
    end,
  })
end

local tests = desk.open('test_marks.py')
local marks = desk.open('marks.py')
desk.type('>= 50', '> 50')
command('test.run')
desk.wait('the failing test', function()
  return desk.diagnostics('test', tests)[1]
end)

-- From the failing test to the change.
vim.cmd.buffer(tests)
desk.at('passed(50)')
act('Fix failing test')
local change = desk.wait('the change', function()
  return desk.diagnostics('change', marks)[1]
end)
assert(change.message:find('Proposed change 1/1', 1, true), change.message)
vim.cmd.buffer(marks)
desk.at('> 50')
act('Reject change')
desk.wait('it is gone', function()
  return #desk.diagnostics('change', marks) == 0
end)

-- The plan is a file that the same server knows; its lens or action carries it out.
desk.pick = function(shown)
  return shown == 'Show the plan'
end
command('plan')
desk.wait('the plan', function()
  return vim.api.nvim_buf_get_name(0):find('/review/plan/', 1, true)
end)
desk.wait('the server in it', function()
  return vim.lsp.get_clients({ name = 'greenloop', bufnr = 0 })[1]
end)
desk.same(1, #vim.lsp.get_clients({ name = 'greenloop' }))
act('Carry out this plan')
vim.cmd.buffer(marks)
desk.wait('another proposal', function()
  return desk.diagnostics('change', marks)[1]
end)
desk.at('> 50')
act('Accept change')
-- What was rejected is not offered again.
desk.wait('another change in the text', function()
  return not desk.text():find('>= 50', 1, true) and not desk.text():find('> 50', 1, true)
end)
desk.wait('the green test', function()
  return #desk.diagnostics('test', tests) == 0
end)
command('proposal.undo')
desk.wait('the acceptance is taken back', function()
  return desk.text():find('> 50', 1, true)
end)
