-- Pages that the command line prints, in a buffer: the report, lessons, what the machine offers.

local client = require('greenloop.client')

local M = {}

---@param arguments string[] of `greenloop`
function M.show(arguments)
  local server = client.get()
  local program = server and server.config.cmd --[[@as string[] ]] or vim.lsp.config.greenloop.cmd
  local command = vim.list_extend({ program[1] }, arguments)
  local where = server and server.root_dir or vim.fn.getcwd()
  vim.system(command, { cwd = where, text = true }, vim.schedule_wrap(function(ended)
    vim.cmd('botright new')
    local buf = vim.api.nvim_get_current_buf()
    vim.bo[buf].buftype, vim.bo[buf].bufhidden, vim.bo[buf].swapfile = 'nofile', 'wipe', false
    vim.api.nvim_buf_set_name(buf, ('greenloop %s [%d]'):format(table.concat(arguments, ' '), buf))
    local text = vim.trim(ended.stdout ~= '' and ended.stdout or ended.stderr)
    vim.api.nvim_buf_set_lines(buf, 0, -1, false, vim.split(text, '\n'))
    vim.bo[buf].modifiable, vim.bo[buf].modified = false, false
  end))
end

return M
