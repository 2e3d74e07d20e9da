-- Completion engines that take the server for a source like any other, and lazy.nvim, which loads them late.
local child = require('child')
local plugins = assert(vim.env.PLUGINS)
local plugin = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h:h:h')

-- complete types, and takes a name from the engine's menu by keys; names is a chunk that lists what the menu has of the server.
local function complete(c, engine, names)
  c:open('area.py')
  c:attached()
  c:keys('2GA<BS>')
  c:expect('text can be typed', function() return c:line(2) == '    return w' and c:call('nvim_get_mode').mode == 'i' end)
  c:keys('i')
  local list = c:expect('the menu of the engine has what the server offers', function()
    local list = c:lua(names)
    return list and vim.list_contains(list, 'width') and list
  end)
  for i, name in ipairs(list) do
    if name == 'width' then c:keys(('<C-n>'):rep(i)) end
  end
  c:keys('<C-y>')
  c:expect('it is taken', function() return c:line(2) == '    return width' end)
  c:expect('Neovim opens no menu beside it', function() return not c:popup() and c:lua([[return require('mlm-lsp.completion').engine()]]) == engine end)
  assert(not c:messages():find('Error'), c:messages())
end

child.test('nvim-cmp', ([[
  vim.opt.runtimepath:prepend('%s/nvim-cmp')
  vim.opt.runtimepath:prepend('%s/cmp-nvim-lsp')
  vim.opt.runtimepath:append('%s/cmp-nvim-lsp/after')
  local cmp = require('cmp')
  cmp.setup { sources = { { name = 'nvim_lsp' } }, preselect = cmp.PreselectMode.None, mapping = cmp.mapping.preset.insert { ['<C-y>'] = cmp.mapping.confirm() } }
  local capabilities = require('cmp_nvim_lsp').default_capabilities()
  if vim.lsp.config then
    vim.lsp.config('*', { capabilities = capabilities })
  else
    require('mlm-lsp').setup { capabilities = capabilities }
  end
]]):format(plugins, plugins, plugins), function(c)
  complete(c, 'cmp', [[
    local cmp = require('cmp')
    if not cmp.visible() then return end
    return vim.tbl_map(function(entry) return entry.completion_item.label end, cmp.get_entries())
  ]])
end)

child.test('blink.cmp, by lazy.nvim', ([[
  vim.opt.runtimepath:prepend('%s/lazy.nvim')
  require('lazy').setup({
    { dir = '%s', opts = {} },
    { dir = '%s/blink.cmp', event = 'InsertEnter', opts = { fuzzy = { implementation = 'lua' }, sources = { default = { 'lsp' } }, completion = { list = { selection = { preselect = false } } } } },
  }, { rocks = { enabled = false }, checker = { enabled = false } })
]]):format(plugins, plugin, plugins), function(c)
  complete(c, 'blink.cmp', [[
    if not require('blink.cmp').is_visible() then return end
    return vim.tbl_map(function(item) return item.label end, require('blink.cmp.completion.list').items)
  ]])
  c:keys('<Esc>:MlmLsp restart<CR>')
  c:attached()
end)
