-- Questions of the server, put with `vim.ui.select`. Whoever picks nothing has not said yes: it stays open.

local client = require('greenloop.client')
local state = require('greenloop.state')

local M = {}

local OTHER = 'Answer in words…'

---@param question greenloop.Question
local function put(question)
  local function answer(choice)
    if choice then
      client.command('answer', { questionId = question.questionId, choice = choice })
    else
      client.say('the question stays open; :Greenloop answer puts it again')
    end
  end
  local choices = vim.list_extend({}, question.choices)
  if question.inWords then
    table.insert(choices, OTHER)
  end
  vim.ui.select(choices, { prompt = question.text, kind = 'greenloop' }, function(choice)
    if question.inWords and choice == OTHER then
      vim.ui.input({ prompt = question.text .. ' ' }, answer)
    else
      answer(choice)
    end
  end)
end

--- A question came: puts it, but never into the middle of typing.
---@param question greenloop.Question
function M.came(question)
  state.question = question
  local still = function()
    if state.question and state.question.questionId == question.questionId then
      put(question)
    end
  end
  if vim.startswith(vim.api.nvim_get_mode().mode, 'i') then
    vim.api.nvim_create_autocmd('InsertLeave', { once = true, callback = vim.schedule_wrap(still) })
  else
    vim.schedule(still)
  end
end

---@param closed {questionId: integer}
function M.closed(closed)
  if state.question and state.question.questionId == closed.questionId then
    state.question = nil
  end
end

--- Puts the open question again, or answers it.
---@param choice string?
function M.answer(choice)
  if not state.question and choice and choice ~= '' then
    -- What a model asks can be answered at any time.
    client.command('answer', { choice = choice })
  elseif not state.question then
    client.say('no question is open')
  elseif choice and choice ~= '' then
    client.command('answer', { questionId = state.question.questionId, choice = choice })
  else
    put(state.question)
  end
end

return M
