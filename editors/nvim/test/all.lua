-- Runs the parts named on the command line, or all of them. Exits with 1 if one failed.
local here = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h')
package.path = here .. '/?.lua;' .. package.path
for _, part in ipairs(arg) do
  io.stdout:write(('== %s, Neovim %s\n'):format(part, tostring(vim.version())))
  require('parts.' .. part)
end
os.exit(require('child').failed and 1 or 0)
