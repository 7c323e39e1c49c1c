-- What happens when the server gets to know a buffer, and when what it tells changes.

local hunks = require('greenloop.hunks')
local keys = require('greenloop.keys')
local marks = require('greenloop.marks')
local plan = require('greenloop.plan')
local restart = require('greenloop.restart')

local M = {}

-- Typing moves changes; what is drawn moves along by itself, so the server is asked only once it is quiet.
local QUIET_MS = 200

local timers = {} ---@type table<integer, uv.uv_timer_t>

---@param buf integer
local function ask_when_quiet(buf)
  local timer = timers[buf] or assert(vim.uv.new_timer())
  timers[buf] = timer
  timer:start(QUIET_MS, 0, vim.schedule_wrap(function()
    if vim.api.nvim_buf_is_loaded(buf) then
      hunks.ask(buf)
    end
  end))
end

--- Asks for the changes in every buffer that is on the screen; the others are asked for when they come to it.
local function ask_all()
  local asked = {}
  for _, win in ipairs(vim.api.nvim_list_wins()) do
    local buf = vim.api.nvim_win_get_buf(win)
    if not asked[buf] then
      asked[buf] = true
      hunks.ask(buf)
    end
  end
end

---@param buf integer
---@param client vim.lsp.Client
function M.attached(buf, client)
  restart.attached(client.id, buf)
  keys.map(buf)
  if plan.run(buf) then
    plan.attach(buf, client)
  end
  hunks.ask(buf)
end

---@param buf integer
function M.forget(buf)
  hunks.forget(buf)
  if timers[buf] then
    timers[buf]:close()
    timers[buf] = nil
  end
end

---@param group integer
function M.listen(group)
  local on = function(event, pattern, callback)
    vim.api.nvim_create_autocmd(event, { group = group, pattern = pattern, callback = callback })
  end
  on('User', 'GreenloopState', function()
    ask_all()
    vim.cmd.redrawstatus()
  end)
  on('User', 'GreenloopHunks', function(event)
    marks.draw(event.data.buf)
  end)
  on('BufWinEnter', '*', function(event)
    hunks.ask(event.buf)
  end)
  on({ 'TextChanged', 'TextChangedI' }, '*', function(event)
    if #hunks.all(event.buf) > 0 then
      ask_when_quiet(event.buf)
    end
  end)
  on('BufUnload', '*', function(event)
    M.forget(event.buf)
  end)
  on('ColorScheme', '*', marks.highlights)
  marks.highlights()
end

return M
