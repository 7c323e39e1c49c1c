-- Buffers named `greenloop:/…`: what only the server has, read by name and never written.

local client = require('greenloop.client')

local M = {}

--- The name of a document about a run.
---@param what 'run'|'diff'|'log'|'plan'|'base'|'proposed'
---@param task string
---@param path string? for `base` and `proposed`
function M.name(what, task, path)
  local endings = { run = '.md', plan = '.md', diff = '.diff', log = '.txt' }
  if endings[what] then
    return ('greenloop:/%s/%s%s'):format(what, task, endings[what])
  end
  return ('greenloop:/%s/%s/%s'):format(what, task, vim.uri_encode(path --[[@as string]], 'rfc3986'))
end

---@param buf integer
---@param text string
local function fill(buf, text)
  local lines = vim.split(text:gsub('\r\n', '\n'):gsub('\n$', ''), '\n')
  vim.bo[buf].modifiable = true
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  vim.bo[buf].modifiable, vim.bo[buf].modified = false, false
end

--- Reads a document into its buffer; the editor is answered within a moment, so a script may go on with it.
---@param buf integer
function M.read(buf)
  local name = vim.api.nvim_buf_get_name(buf)
  vim.bo[buf].buftype, vim.bo[buf].swapfile, vim.bo[buf].undolevels = 'nofile', false, -1
  local server = client.get()
  if not server then
    fill(buf, 'Greenloop: no server is attached; :checkhealth greenloop says why')
    return
  end
  local answer, err = server:request_sync('workspace/textDocumentContent', { uri = name }, 5000)
  local failed = err or (answer and answer.err and answer.err.message)
  fill(buf, failed and ('Greenloop: ' .. failed) or answer.result.text)
  if not failed then
    vim.bo[buf].filetype = vim.filetype.match({ filename = vim.uri_decode(name) }) or ''
  end
end

--- The server says that a document has changed.
---@param uri string
function M.refresh(uri)
  local buf = vim.fn.bufnr('^' .. vim.fn.escape(uri, '^$.*[]~\\,{}') .. '$')
  if buf > 0 and vim.api.nvim_buf_is_loaded(buf) then
    M.read(buf)
  end
end

--- Opens a document about a run: the newest one, unless another is named.
---@param what 'run'|'diff'|'log'|'plan'
---@param task string?
function M.show(what, task)
  client.command('show', { what = what, taskId = task })
end

return M
