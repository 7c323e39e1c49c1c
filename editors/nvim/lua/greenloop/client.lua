-- The language server's client: which one is meant, and how it is asked.

local M = {}

--- The client of a buffer, else the only one there is.
---@param buf integer?
---@return vim.lsp.Client?
function M.get(buf)
  local here = vim.lsp.get_clients({ name = 'greenloop', bufnr = buf or vim.api.nvim_get_current_buf() })[1]
  return here or vim.lsp.get_clients({ name = 'greenloop' })[1]
end

---@param message string
---@param level integer?
function M.say(message, level)
  vim.notify('Greenloop: ' .. message, level or vim.log.levels.INFO)
end

-- How long a server may take to start before somebody is told that there is none.
local START_MS = 5000

--- Does something with the server, once it has started.
---@param buf integer
---@param run fun(client: vim.lsp.Client)
local function with_server(buf, run)
  local client = M.get(buf)
  if client then
    return run(client)
  end
  local timer = assert(vim.uv.new_timer())
  local waits = vim.api.nvim_create_autocmd('LspAttach', {
    callback = function()
      local now = M.get(buf)
      if now and not timer:is_closing() then
        timer:close()
        run(now)
      end
      return now ~= nil
    end,
  })
  timer:start(START_MS, 0, vim.schedule_wrap(function()
    if not timer:is_closing() then
      timer:close()
      vim.api.nvim_del_autocmd(waits)
      M.say('no server is attached; :checkhealth greenloop says why', vim.log.levels.WARN)
    end
  end))
end

--- Sends a request; `done` hears the result and is not called when there is none.
---@param method string
---@param params table
---@param done fun(result: any)?
---@param buf integer?
function M.request(method, params, done, buf)
  buf = buf or vim.api.nvim_get_current_buf()
  with_server(buf, function(client)
    client:request(method, params, function(err, result)
      if err then
        M.say(err.message, vim.log.levels.ERROR)
      elseif done then
        done(result)
      end
    end, buf)
  end)
end

--- Has the server carry out a command. What it refuses, the server says itself.
---@param name string without `greenloop.`
---@param argument table|string|nil
---@param done fun(reply: greenloop.Reply)?
function M.command(name, argument, done)
  local params = { command = 'greenloop.' .. name, arguments = argument and { argument } or {} }
  M.request('workspace/executeCommand', params, done)
end

return M
