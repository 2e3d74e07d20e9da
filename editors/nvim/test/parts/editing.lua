-- A mistake is shown and mended, a completion taken.
local child = require('child')
local new = vim.fn.has('nvim-0.11') == 1

-- A finding of the server's own check: line and column count from 1, columns bytes.
local function planted(name)
  for _, line in ipairs(vim.fn.readfile(vim.env.FINDINGS)) do
    local finding = vim.json.decode(line)
    if finding.path == name then return finding end
  end
  error(('check reports nothing in %s'):format(name))
end

for _, name in ipairs({ 'inventory.py', 'stock/stock.go' }) do
  child.test('a mistake in ' .. name, nil, function(c)
    local finding = planted(name)
    c:open(name)
    c:attached()
    local function shown()
      for _, d in ipairs(c:diagnostics('mlm-lsp')) do
        if d.row == finding.line - 1 and d.column == finding.column - 1 then return d end
      end
    end
    local diagnostic = c:expect('the mistake is shown: ' .. finding.message, shown)
    assert(diagnostic.message == finding.message, diagnostic.message)
    assert(diagnostic.severity == vim.diagnostic.severity.INFO, 'its severity is not the default')
    if new then
      c:keys('gg]d')
    else
      c:keys('gg:lua vim.diagnostic.goto_next()<CR>')
    end
    c:expect('the cursor goes to it', function() return vim.deep_equal(c:call('nvim_win_get_cursor', 0), { finding.line, finding.column - 1 }) end)
    local before = c:line(finding.line)
    local better = finding.suggestions[1].text
    c:choose('Replace with `' .. better .. '`')
    local after = before:sub(1, finding.column - 1) .. better .. before:sub(finding.end_column)
    c:expect('the quick fix is applied', function() return c:line(finding.line) == after end)
    c:expect('the diagnostic is gone', function() return not shown() end)
    assert(not c:messages():find('Error'), c:messages())
  end)
end

-- Without this, and without completion by the plugin, the only match is written at once.
local menu = "vim.opt.completeopt = 'menuone,noselect'\n"

child.test('a completion', not new and menu or nil, function(c)
  c:open('area.py')
  c:attached()
  c:keys('2GA')
  if new then
    c:keys('<BS>i') -- a letter is enough
  else
    c:keys('<C-x><C-o>')
  end
  c:accept('width')
  c:keys('<Esc>')
  c:expect('it is written', function() return c:line(2) == '    return width' end)
  c:keys('o')
  c:expect('a new line', function() return c:call('nvim_get_mode').mode == 'i' end)
  c:keys(new and 'he' or 'he<C-x><C-o>')
  c:accept('height')
  c:keys('<Esc>')
  c:expect('another one is written', function() return vim.trim(c:line(3)) == 'height' end)
  assert(not c:messages():find('Error'), c:messages())
end)

-- A person who types at once is faster than what Neovim does between two keys.
if new then
  child.test('a completion of what is typed ahead', nil, function(c)
    c:keys(':edit area.py<CR>2GA<BS>i')
    c:accept('width')
    c:keys('<Esc>')
    c:expect('it was typed before there was a server, and is written', function() return c:line(2) == '    return width' end)
    local times = 20 -- each in a buffer of its own, since it is the first time in a buffer that completion is turned on at
    for i = 1, times + 1 do assert(vim.uv.fs_copyfile(c.work .. '/area.py', ('%s/area%d.py'):format(c.work, i))) end
    local i, typed = 0, true
    c:expect(('the menu opens %d times'):format(times), function()
      if typed and (i == 0 or vim.list_contains(c:popup() or {}, 'width')) then
        i, typed = i + 1, false
        c:keys((i > 1 and '<C-e><Esc>' or '') .. (':edit! area%d.py<CR>'):format(i))
      elseif not typed and vim.endswith(c:call('nvim_buf_get_name', 0), ('/area%d.py'):format(i)) and c:lua([[return require('mlm-lsp').status()]]) == 'mlm-lsp' then
        if i > times then return true end
        typed = true
        c:keys('2GA<BS>i')
      end
    end, 5)
    c:lua([[
      completions = 0
      vim.api.nvim_create_autocmd('LspRequest', { callback = function(event)
        local request = event.data.request
        if request.type == 'pending' and request.method == 'textDocument/completion' then completions = completions + 1 end
      end })
    ]])
    c:keys('2GA')
    c:expect('text can be typed', function() return c:call('nvim_get_mode').mode == 'i' end)
    c:keys('<Space>')
    c:expect('a blank', function() return c:line(2) == '    return wi ' end)
    c:expect('nobody is asked where no name was begun', function() return c:lua([[vim.wait(100) return completions]]) == 0 end)
    c:keys('he')
    c:expect('but at a letter', function() return c:popup() and c:lua('return completions') > 0 end)
    c:expect('the only name is not written before it is chosen', function() return #c:popup() == 1 and c:line(2) == '    return wi he' end)
    assert(not c:messages():find('Error'), c:messages())
  end)

  child.test('completion that is turned off', menu .. [[require('mlm-lsp').setup { completion = false }]], function(c)
    c:open('area.py')
    c:attached()
    c:keys('2GA<BS>i')
    -- It would have come by the time that the server answered the same question by hand.
    c:expect('the letter is there', function() return c:line(2) == '    return wi' end)
    local items = c:lua([[
      local client = vim.lsp.get_clients({ bufnr = 0 })[1]
      return client:request_sync('textDocument/completion', vim.lsp.util.make_position_params(0, client.offset_encoding), 30000, 0).result
    ]])
    assert(#(items.items or items) > 0)
    c:expect('no menu opens by itself', function() return not c:popup() end)
    c:keys('<C-x><C-o>')
    c:accept('width')
  end)
end
