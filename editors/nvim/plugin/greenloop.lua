-- Loaded at start-up; everything else waits until it is needed.

if vim.g.loaded_greenloop then
  return
end
vim.g.loaded_greenloop = true

if vim.fn.has('nvim-0.11') == 0 then
  vim.notify('Greenloop needs Neovim 0.11 or later', vim.log.levels.WARN)
  return
end

local group = vim.api.nvim_create_augroup('greenloop', {})

vim.api.nvim_create_user_command('Greenloop', function(typed)
  require('greenloop.commands').run(typed)
end, {
  nargs = '*',
  range = true,
  desc = 'Greenloop: take red tests to green',
  complete = function(lead, line)
    return require('greenloop.commands').complete(lead, line)
  end,
})

local function map(modes, name, action, expr)
  vim.keymap.set(modes, '<Plug>(greenloop-' .. name .. ')', action, { expr = expr, desc = 'Greenloop: ' .. name })
end

map({ 'n', 'x', 'o' }, 'next', function()
  require('greenloop.motion').go(1)
end)
map({ 'n', 'x', 'o' }, 'prev', function()
  require('greenloop.motion').go(-1)
end)
map({ 'x', 'o' }, 'hunk', function()
  require('greenloop.motion').select()
end)
-- Operators: of a motion, of what is selected, and with `-here` of the change under the cursor.
for _, verb in ipairs({ 'accept', 'reject' }) do
  map({ 'n', 'x' }, verb, function()
    return require('greenloop.review').operator(verb)
  end, true)
  map('n', verb .. '-here', function()
    require('greenloop.review').here(verb)
  end)
end
for _, word in ipairs({ 'fix', 'plan', 'test', 'diff', 'evidence', 'hunks', 'failing', 'runs', 'cancel', 'undo', 'revise' }) do
  map('n', word, '<Cmd>Greenloop ' .. word .. '<CR>')
end

vim.api.nvim_create_autocmd('BufReadCmd', {
  group = group,
  pattern = 'greenloop:/*',
  callback = function(event)
    require('greenloop.documents').read(event.buf)
  end,
})

local listening = false
vim.api.nvim_create_autocmd('LspAttach', {
  group = group,
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == 'greenloop' then
      if not listening then
        listening = true
        require('greenloop.attach').listen(group)
      end
      require('greenloop.attach').attached(event.buf, client)
    end
  end,
})

vim.api.nvim_create_autocmd('LspProgress', {
  group = group,
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == 'greenloop' then
      require('greenloop.statusline').progress(event.data.params.token, event.data.params.value)
      vim.cmd.redrawstatus()
    end
  end,
})

vim.lsp.config('greenloop', require('greenloop.server'))
if require('greenloop.options')('enable') then
  vim.lsp.enable('greenloop')
end
