-- Draws changes where they belong: a sign, the lines that go, and below them the lines that come.

local hunks = require('greenloop.hunks')
local options = require('greenloop.options')

local M = {}

local space = vim.api.nvim_create_namespace('greenloop.marks')

local SIGNS = {
  pending = { '▎', 'GreenloopPending' },
  partly = { '▎', 'GreenloopPending' },
  conflict = { '!', 'GreenloopConflict' },
  applied = { '▎', 'GreenloopApplied' },
}

function M.highlights()
  local links = {
    GreenloopPending = 'DiagnosticInfo',
    GreenloopConflict = 'DiagnosticWarn',
    GreenloopApplied = 'DiagnosticOk',
    GreenloopAdded = 'DiffAdd',
    GreenloopRemoved = 'DiffDelete',
    GreenloopLabel = 'Comment',
  }
  for name, link in pairs(links) do
    vim.api.nvim_set_hl(0, name, { link = link, default = true })
  end
end

---@param hunk greenloop.Hunk
---@param tab string
local function new_lines(hunk, tab)
  local lines = vim.split(hunk.inserted:gsub('\r\n', '\n'):gsub('\n$', ''), '\n')
  return vim.tbl_map(function(line)
    return { { line:gsub('\t', tab), 'GreenloopAdded' } }
  end, hunk.inserted == '' and {} or lines)
end

---@param buf integer
---@param hunk greenloop.Hunk
local function draw_one(buf, hunk)
  local sign = SIGNS[hunk.state]
  local n_lines = vim.api.nvim_buf_line_count(buf)
  local first, last = hunks.lines(hunk)
  if not sign or last >= n_lines then
    return
  end
  local is_open = hunks.is_open(hunk)
  local removes = is_open and hunk.startLine < hunk.endLine
  for line = first, last do
    vim.api.nvim_buf_set_extmark(buf, space, line, 0, {
      sign_text = sign[1],
      sign_hl_group = sign[2],
      line_hl_group = removes and 'GreenloopRemoved' or nil,
      priority = 20,
    })
  end
  if is_open then
    local above = hunk.startLine == 0 and hunk.endLine == 0
    local lines = new_lines(hunk, string.rep(' ', vim.bo[buf].tabstop))
    local label = { { ('  %s (%s)'):format(hunk.label, hunk.evidence), 'GreenloopLabel' } }
    table.insert(lines, above and 1 or #lines + 1, label)
    local mark = { virt_lines = lines, virt_lines_above = above }
    vim.api.nvim_buf_set_extmark(buf, space, last, 0, mark)
  end
end

---@param buf integer
function M.draw(buf)
  vim.api.nvim_buf_clear_namespace(buf, space, 0, -1)
  if options('marks') then
    for _, hunk in ipairs(hunks.all(buf)) do
      draw_one(buf, hunk)
    end
  end
end

return M
