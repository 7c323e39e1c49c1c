-- No plugin: what Neovim itself can do, set up by two statements.
vim.o.swapfile = false
local markers = { 'greenloop.toml', '.git' }
vim.lsp.config('greenloop', { cmd = { 'greenloop', 'lsp' }, root_dir = function(buf, on_dir)
  on_dir(vim.fs.root(buf, markers) or vim.fs.root(vim.fn.getcwd(), markers))
end })
vim.lsp.enable('greenloop')
