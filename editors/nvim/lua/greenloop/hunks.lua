-- The changes proposed for each open buffer, where they are, and the ones at a place.

local client = require('greenloop.client')

local M = {}

local by_buffer = {} ---@type table<integer, greenloop.Hunk[]>

local OPEN = { pending = true, partly = true, conflict = true }

---@param hunk greenloop.Hunk
function M.is_open(hunk)
  return OPEN[hunk.state] == true
end

---@param buf integer?
---@return greenloop.Hunk[] hunks by line
function M.all(buf)
  return by_buffer[buf or vim.api.nvim_get_current_buf()] or {}
end

---@param buf integer?
---@return greenloop.Hunk[] hunks those that wait for a decision
function M.open(buf)
  return vim.tbl_filter(M.is_open, M.all(buf))
end

--- The first and last line of a hunk, from 0; an insertion stands behind the line before it.
---@param hunk greenloop.Hunk
function M.lines(hunk)
  if hunk.startLine == hunk.endLine then
    local line = math.max(hunk.startLine - 1, 0)
    return line, line
  end
  return hunk.startLine, hunk.endLine - 1
end

--- The open hunks that touch some lines.
---@param first integer from 0
---@param last integer inclusive
---@param buf integer?
---@return greenloop.Hunk[]
function M.at(first, last, buf)
  return vim.tbl_filter(function(hunk)
    local start, stop = M.lines(hunk)
    -- The server counts both neighbours of an insertion; so do we.
    if hunk.startLine == hunk.endLine then
      stop = hunk.startLine
    end
    return start <= last and first <= stop
  end, M.open(buf))
end

---@return greenloop.Hunk? hunk the first one under the cursor
function M.here()
  local line = vim.api.nvim_win_get_cursor(0)[1] - 1
  return M.at(line, line)[1]
end

--- Asks the server anew for the hunks of a buffer; `User GreenloopHunks` tells when they came.
---@param buf integer
function M.ask(buf)
  if not vim.lsp.get_clients({ name = 'greenloop', bufnr = buf })[1] then
    return
  end
  local params = { textDocument = { uri = vim.uri_from_bufnr(buf) } }
  client.request('greenloop/hunks', params, function(result)
    if not vim.api.nvim_buf_is_valid(buf) then
      return
    end
    table.sort(result.hunks, function(a, b)
      return a.startLine < b.startLine
    end)
    if #result.hunks > 0 or by_buffer[buf] then
      by_buffer[buf] = result.hunks
      local event = { pattern = 'GreenloopHunks', modeline = false, data = { buf = buf } }
      vim.api.nvim_exec_autocmds('User', event)
    end
  end, buf)
end

---@param buf integer
function M.forget(buf)
  by_buffer[buf] = nil
end

return M
