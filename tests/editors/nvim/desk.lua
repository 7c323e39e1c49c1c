-- What the journeys share: a person at an editor, who waits for what they see and never for time to go by.

local M = {}

-- Far above what anything here takes on a loaded machine.
local DEADLINE_MS = 60000

M.notes = {} ---@type string[]
vim.notify = function(message)
  table.insert(M.notes, message)
end

--- The choices somebody was given, newest last; `M.pick` says what they choose.
M.asked = {} ---@type {prompt: string, shown: string[]}[]
M.pick = function() end ---@type fun(shown: string): boolean?

vim.ui.select = function(items, how, done)
  local shown = {}
  for at, item in ipairs(items) do
    shown[at] = how and how.format_item and how.format_item(item) or tostring(item)
  end
  table.insert(M.asked, { prompt = how and how.prompt or '', shown = shown })
  for at, text in ipairs(shown) do
    if M.pick(text) then
      return done(items[at], at)
    end
  end
  done(nil, nil)
end

---@param what string
---@param seen fun(): any
function M.wait(what, seen)
  local found
  local ok = vim.wait(DEADLINE_MS, function()
    found = seen()
    return found and true or false
  end, 10)
  if not ok then
    local known, runs = pcall(require, 'greenloop.state')
    local state = known and vim.inspect(runs.tasks):sub(1, 3000) or 'not kept'
    error(('never seen: %s\nnotes: %s\nstate: %s'):format(what, vim.inspect(M.notes), state), 2)
  end
  return found
end

function M.same(wanted, found)
  if not vim.deep_equal(wanted, found) then
    error(('wanted %s\nfound  %s'):format(vim.inspect(wanted), vim.inspect(found)), 2)
  end
end

--- Opens a file of the project and waits for the server.
---@param path string
function M.open(path)
  vim.cmd.edit(vim.env.PROJECT .. '/' .. path)
  M.wait('the server', function()
    local client = vim.lsp.get_clients({ name = 'greenloop', bufnr = 0 })[1]
    return client and client.initialized
  end)
  return vim.api.nvim_get_current_buf()
end

function M.text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n') .. '\n'
end

--- Puts the cursor on the first line that holds a text.
---@param text string
function M.at(text)
  assert(vim.fn.search('\\V' .. vim.fn.escape(text, '\\'), 'cw') > 0, text .. ' is not there')
end

--- Types in place of something, as a person would.
---@param old string
---@param new string
function M.type(old, new)
  M.at(old)
  local keys = ('c%dl%s<Esc>'):format(vim.fn.strchars(old), new)
  vim.api.nvim_feedkeys(vim.keycode(keys), 'tx', false)
end

---@param keys string
function M.keys(keys)
  vim.api.nvim_feedkeys(vim.keycode(keys), 'mx', false)
end

---@param code string
---@param buf integer?
function M.diagnostics(code, buf)
  return vim.tbl_filter(function(found)
    return found.source == 'greenloop' and found.code == code
  end, vim.diagnostic.get(buf or 0))
end

function M.hunks(state)
  return vim.tbl_filter(function(hunk)
    return not state or hunk.state == state
  end, require('greenloop').hunks())
end

--- Kills the server without a word.
function M.kill_server()
  for _, pid in ipairs(vim.api.nvim_get_proc_children(vim.fn.getpid())) do
    if vim.api.nvim_get_proc(pid).name == 'greenloop' then
      vim.uv.kill(pid, 'sigkill')
      return
    end
  end
  error('there is no server to kill')
end

--- The newest run once it has ended.
function M.ended()
  return M.wait('the end of the run', function()
    local tasks = require('greenloop').tasks()
    local newest = tasks[#tasks]
    return newest and type(newest.phase) == 'table' and newest.phase.finished and newest
  end)
end

--- The marks that are drawn in the buffer, as text: signs, and the lines that are not there.
function M.drawn()
  local space = vim.api.nvim_get_namespaces()['greenloop.marks']
  local signs, lines = {}, {}
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { details = true })) do
    local at, details = mark[2] + 1, mark[4]
    if details.sign_text then
      table.insert(signs, ('%d sign %s'):format(at, vim.trim(details.sign_text)))
    end
    for _, chunks in ipairs(details.virt_lines or {}) do
      table.insert(lines, ('%d + %s'):format(at, chunks[1][1]))
    end
  end
  return vim.list_extend(signs, lines)
end

return M
