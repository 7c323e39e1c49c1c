-- `:Greenloop WORD [ARGUMENT]`: what each word does, and what may follow it.

local client = require('greenloop.client')

local M = {}

---@class greenloop.Call
---@field args string[] what follows the word
---@field text string the same as one text
---@field first integer from 0
---@field last integer

---@class greenloop.Word
---@field run fun(call: greenloop.Call)
---@field about string
---@field arguments (string[]|fun(): string[])?

--- `accept`, `accept file`, `accept step 2`, `accept all`; what remains is a note.
---@param verb greenloop.Verb
---@return fun(call: greenloop.Call)
local function decide(verb)
  return function(call)
    local review = require('greenloop.review')
    local level = call.args[1]
    local rest = vim.list_slice(call.args, 2)
    local decided ---@type fun(note: string?)
    if level == 'file' or level == 'all' then
      decided = function(note)
        review.wider(verb, level, nil, note)
      end
    elseif level == 'step' then
      local step = tonumber(table.remove(rest, 1))
      decided = function(note)
        review.wider(verb, 'step', step, note)
      end
    else
      rest = call.args
      decided = function(note)
        review.lines(verb, call.first, call.last, note)
      end
    end
    local note = table.concat(rest, ' ')
    if verb == 'revise' and note == '' then
      review.with_note(decided)
    else
      decided(verb == 'revise' and note or nil)
    end
  end
end

---@param name string a command of the server that is about a run
local function about_run(name)
  return function(call)
    client.command(name, call.args[1] and { taskId = call.args[1] })
  end
end

---@param name 'fix'|'plan'|'test.run'
local function start(name)
  return function(call)
    local tests = #call.args > 0 and call.args or nil
    local uri = vim.bo.buftype == '' and vim.api.nvim_buf_get_name(0) ~= '' and vim.uri_from_bufnr(0)
    local inside = uri and not require('greenloop.plan').run(0)
    client.command(name, { tests = tests, uri = inside and uri or nil })
  end
end

local function run_ids()
  return vim.iter(require('greenloop.state').tasks):rev():map(function(task)
    return task.taskId
  end):totable()
end

local function failing()
  return vim.iter(vim.diagnostic.get()):filter(function(found)
    return found.source == 'greenloop' and found.code == 'test'
  end):map(function(found)
    return found.message:match('^(%S+)')
  end):totable()
end

local LEVELS = { 'file', 'step', 'all' }

---@type table<string, greenloop.Word>
M.words = {
  plan = { about = 'work by a plan that waits for your yes', run = start('plan'), arguments = failing },
  change = {
    about = 'change what the words say, by a plan that waits for your yes',
    run = function(call)
      if call.text == '' then
        return vim.notify('Greenloop: say what is to change', vim.log.levels.WARN)
      end
      local uri = vim.bo.buftype == '' and vim.api.nvim_buf_get_name(0) ~= '' and vim.uri_from_bufnr(0) or nil
      client.command('plan', { goal = call.text, uri = uri })
    end,
  },
  fix = { about = 'work until the failing tests pass', run = start('fix'), arguments = failing },
  test = { about = 'run the checks on what is on the screen', run = start('test.run'), arguments = failing },
  accept = { about = 'put changes into the text', run = decide('accept'), arguments = LEVELS },
  reject = { about = 'say no to changes', run = decide('reject'), arguments = LEVELS },
  restore = { about = 'take that no back', run = decide('restore'), arguments = LEVELS },
  revise = { about = 'say no, and why, and have another way looked for', run = decide('revise'), arguments = LEVELS },
  check = { about = 'check the change without the rest', run = decide('check'), arguments = { 'all' } },
  next = {
    about = 'go to the next change',
    run = function()
      require('greenloop.motion').go(1)
    end,
  },
  prev = {
    about = 'go to the change before',
    run = function()
      require('greenloop.motion').go(-1)
    end,
  },
  diff = {
    about = 'compare the text with the proposal',
    run = function()
      require('greenloop.diff').open()
    end,
  },
  evidence = {
    about = 'say why the change is offered',
    run = function()
      require('greenloop.evidence').show()
    end,
  },
  hunks = {
    about = 'list all changes that wait',
    run = function()
      require('greenloop.quickfix').open('hunks')
    end,
  },
  failing = {
    about = 'list all tests that fail',
    run = function()
      require('greenloop.quickfix').open('tests')
    end,
  },
  runs = {
    about = 'choose a run and show it',
    run = function()
      require('greenloop.runs').pick()
    end,
  },
  show = {
    about = 'show the run, its plan, diff or log',
    arguments = { 'run', 'plan', 'diff', 'log' },
    run = function(call)
      require('greenloop.documents').show(call.args[1] or 'run', call.args[2])
    end,
  },
  approve = {
    about = 'carry the plan out as it stands',
    run = function()
      require('greenloop.plan').approve()
    end,
  },
  refuse = {
    about = 'say no to the plan, with a note',
    run = function(call)
      require('greenloop.plan').refuse(call.text ~= '' and call.text or nil)
    end,
  },
  answer = {
    about = 'answer the open question',
    arguments = function()
      local question = require('greenloop.state').question
      return question and question.choices or {}
    end,
    run = function(call)
      require('greenloop.question').answer(call.text)
    end,
  },
  undo = { about = 'take the latest acceptance back', run = about_run('proposal.undo'), arguments = run_ids },
  redo = { about = 'make it again', run = about_run('proposal.redo'), arguments = run_ids },
  rebase = { about = 'have the work done again on the text as it is', run = about_run('proposal.rebase'), arguments = run_ids },
  include = { about = 'the same, with edits of tests that were left out', run = about_run('proposal.include'), arguments = run_ids },
  cancel = { about = 'end a run', run = about_run('task.cancel'), arguments = run_ids },
  pause = { about = 'begin nothing new in a run', run = about_run('task.pause'), arguments = run_ids },
  unpause = { about = 'go on with a paused run', run = about_run('task.unpause'), arguments = run_ids },
  resume = { about = 'go on with an interrupted run', run = about_run('task.resume'), arguments = run_ids },
}

for name, about in pairs({
  report = 'say where time, attempts and answers went',
  lessons = 'list what was learned from decisions',
  doctor = 'say what this machine offers',
}) do
  M.words[name] = {
    about = about,
    run = function(call)
      require('greenloop.terminal').show(vim.list_extend({ name }, call.args))
    end,
  }
end

---@param typed vim.api.keyset.create_user_command.command_args
function M.run(typed)
  local name = typed.fargs[1] or 'runs'
  local word = M.words[name]
  if not word then
    client.say(('there is no :Greenloop %s; <Tab> lists what there is'):format(name), vim.log.levels.ERROR)
    return
  end
  local args = vim.list_slice(typed.fargs, 2)
  local text = vim.trim(typed.args:sub(#name + 1))
  word.run({ args = args, text = text, first = typed.line1 - 1, last = typed.line2 - 1 })
end

---@param lead string
---@param line string
function M.complete(lead, line)
  local before = vim.split(vim.trim(line:sub(1, #line - #lead)), '%s+')
  local name = before[#before]
  local known = vim.tbl_keys(M.words)
  if M.words[name] then
    local arguments = M.words[name].arguments or {}
    known = type(arguments) == 'function' and arguments() or arguments --[[@as string[] ]]
  else
    table.sort(known)
  end
  return vim.tbl_filter(function(one)
    return vim.startswith(one, lead)
  end, known)
end

return M
