-- The configuration of a user who installed the plugin and nothing else.
vim.opt.runtimepath:prepend(vim.env.GREENLOOP_PLUGIN)
vim.o.swapfile = false
