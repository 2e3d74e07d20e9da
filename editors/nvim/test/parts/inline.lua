-- The rest of an expression in place. Neovim shows it from 0.12 on; before, the setting changes nothing.
local child = require('child')
local can = vim.fn.has('nvim-0.12') == 1

child.test('text in place', [[require('mlm-lsp').setup { settings = { completion = { inline = true } } }]], function(c)
  c:open('levels.py')
  c:attached()
  c:keys('GAlen(')
  if not can then
    c:expect('nothing is amiss where it cannot be shown', function() return vim.endswith(c:line(7), 'range(len(') and not c:messages():find('Error') end)
    return
  end
  c:expect('the rest is shown behind the cursor', function()
    for _, m in ipairs(c:marks('nvim.lsp.inline_completion')) do
      if m.row == 6 and m.text:find('items', 1, true) then return true end
    end
  end)
  c:keys('<C-l>')
  c:expect('the key takes it', function() return c:line(7):find('range(len(items', 1, true) end)
  c:expect('and it is shown no longer', function()
    return vim.iter(c:marks('nvim.lsp.inline_completion')):all(function(m) return not vim.startswith(m.text, 'items') end)
  end)
  c:keys('<Esc>oabc<C-l>')
  c:expect('where nothing is shown the key does what it did', function() return vim.endswith(c:line(8), 'abc\12') or vim.endswith(c:line(8), 'abc') end)
  assert(not c:messages():find('Error'), c:messages())
end)

if can then
  child.test('no text in place unless asked for', nil, function(c)
    c:open('levels.py')
    c:attached()
    c:expect('it is off', function() return c:lua([[return not vim.lsp.inline_completion.is_enabled({ bufnr = 0 })]]) end)
    c:expect('no key is taken', function() return c:call('nvim_call_function', 'maparg', { '<C-l>', 'i' }) == '' end)
  end)
end
