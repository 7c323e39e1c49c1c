-- How long Neovim takes for a key, with 200 buffers of one project open: each key is fed, carried out, and drawn.
-- `tests/editors/typing.sh` runs it with and without the server.

local N_BUFFERS, N_KEYS = 200, 1000

local with_server = vim.env.WITH_SERVER == '1'
if with_server then
  vim.opt.runtimepath:prepend(vim.env.GREENLOOP_PLUGIN)
  vim.cmd.runtime('plugin/greenloop.lua')
end
vim.o.swapfile = false
vim.cmd('filetype on')

local begun = vim.uv.hrtime()
for at = 1, N_BUFFERS do
  vim.cmd.edit(('%s/module_%03d.py'):format(vim.env.PROJECT, at))
end
local opened = (vim.uv.hrtime() - begun) / 1e6
if with_server then
  assert(vim.wait(60000, function()
    local client = vim.lsp.get_clients({ name = 'greenloop', bufnr = 0 })[1]
    return client and client.initialized
  end, 10), 'no server')
  -- A proposal in the buffer that is typed in, as it is when somebody goes on working.
  vim.cmd.edit(vim.env.PROJECT .. '/marks.py')
  vim.cmd.Greenloop('fix')
  assert(vim.wait(60000, function()
    return #require('greenloop').hunks() > 0
  end, 10), 'no proposal')
else
  vim.cmd.edit(vim.env.PROJECT .. '/marks.py')
end

vim.cmd('normal! Go')
local times = {}
for at = 1, N_KEYS do
  local start = vim.uv.hrtime()
  vim.api.nvim_feedkeys(at % 60 == 0 and 'o' or 'Ax' .. vim.keycode('<Esc>'), 'xn', false)
  vim.cmd.redraw()
  -- What timers and the server bring is part of what a person waits for.
  vim.wait(0)
  times[at] = (vim.uv.hrtime() - start) / 1e6
end
table.sort(times)
local at = function(share)
  return times[math.max(1, math.floor(N_KEYS * share))]
end
io.stdout:write(('%s  %7.0f ms to open %d buffers   a key: median %.3f ms, p99 %.3f ms, worst %.3f ms\n'):format(
  with_server and 'with   ' or 'without', opened, N_BUFFERS, at(0.5), at(0.99), times[N_KEYS]))
vim.cmd('qall!')
