-- Defines :MlmLsp, and sets everything up with the defaults unless init.lua calls require('mlm-lsp').setup, which may come later than this file.
if vim.g.loaded_mlm_lsp then return end
vim.g.loaded_mlm_lsp = true

if vim.fn.has('nvim-0.10') == 0 then
  vim.api.nvim_err_writeln('mlm-lsp: this plugin needs Neovim 0.10 or newer; nothing was set up')
  return
end

vim.api.nvim_create_user_command('MlmLsp', function(command) require('mlm-lsp.commands').run(command.fargs) end, {
  nargs = '*',
  desc = 'What mlm-lsp can do beside what every language server does',
  complete = function(lead, line) return require('mlm-lsp.commands').complete(lead, line) end,
})

local function begin() require('mlm-lsp').begin() end
if vim.v.vim_did_enter == 1 then
  vim.schedule(begin) -- loaded by a plugin manager, which calls setup next
else
  vim.api.nvim_create_autocmd('VimEnter', { once = true, callback = begin })
end
