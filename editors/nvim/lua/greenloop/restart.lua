-- A server that died is started again for the buffers it had, a few times; what it knew is in its journal.

local client = require('greenloop.client')
local options = require('greenloop.options')

local M = {}

local RESTARTS_MAX = 5
local WINDOW_MS = 3 * 60 * 1000

local deaths = {} ---@type number[] times in milliseconds
local buffers = {} ---@type table<integer, table<integer, true>> by client

---@param id integer client
---@param buf integer
function M.attached(id, buf)
  buffers[id] = buffers[id] or {}
  buffers[id][buf] = true
end

--- Ended by a signal or with an error, and not because somebody asked it to.
---@param code integer
---@param signal integer
---@param id integer
function M.exited(code, signal, id)
  local had = buffers[id] or {}
  buffers[id] = nil
  local asked = code == 0 and signal == 0
  if asked or vim.v.exiting ~= vim.NIL or not options('restart') then
    return
  end
  local now = vim.uv.now()
  deaths = vim.tbl_filter(function(time)
    return now - time < WINDOW_MS
  end, deaths)
  table.insert(deaths, now)
  vim.schedule(function()
    if #deaths > RESTARTS_MAX then
      client.say('the server keeps ending; :checkhealth greenloop, then :edit', vim.log.levels.ERROR)
      return
    end
    client.say('the server ended and is started again', vim.log.levels.WARN)
    for buf in pairs(had) do
      if vim.api.nvim_buf_is_loaded(buf) then
        vim.api.nvim_exec_autocmds('FileType', { group = 'nvim.lsp.enable', buffer = buf, modeline = false })
      end
    end
  end)
end

return M
