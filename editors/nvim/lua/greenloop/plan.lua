-- The buffer of a plan: folded by steps, completed by the server, and carried out as it stands.

local client = require('greenloop.client')

local M = {}

--- The run whose plan a buffer shows.
---@param buf integer
---@return string?
function M.run(buf)
  return vim.api.nvim_buf_get_name(buf):match('/plan/(%w+)%.md$')
end

--- Called once the server is attached to a plan.
---@param buf integer
---@param server vim.lsp.Client
function M.attach(buf, server)
  vim.lsp.completion.enable(true, server.id, buf)
  for _, win in ipairs(vim.fn.win_findbuf(buf)) do
    vim.wo[win][0].foldmethod = 'expr'
    vim.wo[win][0].foldexpr = 'v:lua.vim.lsp.foldexpr()'
    vim.wo[win][0].foldlevel = 99
  end
end

--- The plan on the screen, else the newest.
function M.approve()
  client.command('plan.approve', { taskId = M.run(0) })
end

---@param note string?
function M.refuse(note)
  client.command('plan.refuse', { taskId = M.run(0), feedback = note })
end

return M
