-- Maps: `<Plug>` names for all there is, and a few keys in buffers that have a server, where nobody else took them.

local options = require('greenloop.options')

local M = {}

local DEFAULTS = {
  { { 'n', 'x', 'o' }, ']g', '<Plug>(greenloop-next)' },
  { { 'n', 'x', 'o' }, '[g', '<Plug>(greenloop-prev)' },
  { { 'x', 'o' }, 'ig', '<Plug>(greenloop-hunk)' },
}

--- The keys of one buffer.
---@param buf integer
function M.map(buf)
  if not options('keys') then
    return
  end
  for _, default in ipairs(DEFAULTS) do
    local modes, key, plug = unpack(default)
    for _, mode in ipairs(modes) do
      if vim.fn.maparg(key, mode) == '' and vim.fn.hasmapto(plug, mode) == 0 then
        vim.keymap.set(mode, key, plug, { buffer = buf, desc = 'Greenloop' })
      end
    end
  end
end

return M
