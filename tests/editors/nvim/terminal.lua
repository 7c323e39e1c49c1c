-- A user with the plugin, line numbers, and the plugin's words in the statusline.
vim.opt.runtimepath:prepend(vim.env.GREENLOOP_PLUGIN)
vim.o.swapfile, vim.o.number, vim.o.signcolumn, vim.o.laststatus = false, true, 'yes', 2
vim.o.statusline = "%f %m %=%{v:lua.require'greenloop'.statusline()}"
vim.diagnostic.config({ signs = false, virtual_text = false })
