-- The configuration of mlm-lsp for Neovim 0.11 and newer, from what setup was given or the defaults. What is said by vim.lsp.config('mlm_lsp', ...) goes over it.
return require('mlm-lsp.server').config()
