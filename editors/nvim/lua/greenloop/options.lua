-- What the user set in `vim.g.greenloop`, read when it is needed, so that no set-up function has to be called.

local defaults = { enable = true, keys = true, marks = true, restart = true } ---@type greenloop.Options

---@param name 'enable'|'keys'|'marks'|'restart'
---@return boolean
return function(name)
  local set = (vim.g.greenloop or {})[name]
  if set == nil then
    return defaults[name] --[[@as boolean]]
  end
  return set
end
