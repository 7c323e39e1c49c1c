-- The proposal beside the text, in Neovim's own diff mode.

local client = require('greenloop.client')
local documents = require('greenloop.documents')
local hunks = require('greenloop.hunks')

local M = {}

--- Which proposal is meant for the current buffer: that of the change under the cursor, else of the first one.
local function meant()
  return hunks.here() or hunks.open()[1] or hunks.all()[1]
end

--- Opens a tab with the buffer on the left and what is proposed on the right; closing the right one ends it.
function M.open()
  local hunk = meant()
  if not hunk then
    client.say('nothing is proposed for this file; :Greenloop show diff shows a whole proposal')
    return
  end
  vim.cmd('tab split')
  local name = documents.name('proposed', hunk.id.taskId, hunk.id.path)
  vim.cmd('rightbelow vertical diffsplit ' .. vim.fn.fnameescape(name))
  vim.bo.bufhidden = 'wipe'
  vim.wo.winbar = 'proposed: ' .. hunk.label
  vim.cmd('wincmd p')
end

return M
