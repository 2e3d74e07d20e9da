-- Which program is run. Invariant: nothing in a project chooses it. A name is looked for in the absolute directories of the PATH alone, since "." or
-- "node_modules/.bin" there, and Windows by itself, would mean the folder that is open; and the program runs in the user's home folder, so that
-- relative paths among its arguments mean nothing in a project either.
local M = {}

local windows = vim.fn.has('win32') == 1

--- absolute reports whether a path depends on no working directory.
--- @param path string
--- @return boolean
function M.absolute(path)
  if windows then return path:match('^%a:[/\\]') ~= nil or path:match('^[/\\][/\\]') ~= nil end
  return path:sub(1, 1) == '/'
end

local function runs(path)
  local stat = vim.uv.fs_stat(path)
  return stat ~= nil and stat.type == 'file' and vim.fn.executable(path) == 1
end

--- find returns the absolute path of the program, or nil and why there is none.
--- @return string?, string?
function M.find()
  local name = require('mlm-lsp.options').now.binary
  if M.absolute(name) then
    if runs(name) then return name end
    return nil, ('%s, which the option `binary` names, is no program that can be run'):format(name)
  end
  for _, directory in ipairs(vim.split(vim.env.PATH or '', windows and ';' or ':', { plain = true })) do
    if M.absolute(directory) then
      local path = vim.fs.joinpath(directory, name)
      for _, ending in ipairs(windows and { '.exe', '' } or { '' }) do
        if runs(path .. ending) then return path .. ending end
      end
    end
  end
  return nil, ('%s is not on the PATH: put it there, or name it by the option `binary`'):format(name)
end

--- relative returns the directories of the PATH that are not looked into.
--- @return string[]
function M.relative()
  return vim.tbl_filter(function(d) return not M.absolute(d) end, vim.split(vim.env.PATH or '', windows and ';' or ':', { plain = true }))
end

return M
