-- Another server beside this one: gopls and pyright. What each says alone it says beside the other, and the user sees both.
local child = require('child')

-- A neighbour runs by vim.lsp.start, which every Neovim has.
local function neighbour(name, command, filetype, marker, options)
  return ([[
    vim.api.nvim_create_autocmd('FileType', { pattern = '%s', callback = function(event)
      vim.lsp.start({ name = '%s', cmd = %s, root_dir = vim.fs.root(event.buf, '%s'), init_options = %s })
    end })
  ]]):format(filetype, name, vim.inspect(command), marker, vim.inspect(options))
end

local alone = "require('mlm-lsp').setup { autostart = false }\n"

-- answers asks one server, by name, about the position that an editor would ask about.
local function answers(c, name)
  local got = c:lua(
    [[
    local client = vim.lsp.get_clients({ name = ..., bufnr = 0 })[1]
    if not client or not client.initialized then return end
    local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
    local function ask(method)
      local context = method == 'textDocument/completion' and { context = { triggerKind = 1 } } or {}
      local given = vim.tbl_extend('force', params, context)
      local response = vim.fn.has('nvim-0.11') == 1 and client:request_sync(method, given, 10000, 0) or vim.fn.has('nvim-0.11') == 0 and client.request_sync(method, given, 10000, 0)
      return response and response.result ~= vim.NIL and response.result or {}
    end
    local hover, completion, labels = ask('textDocument/hover'), ask('textDocument/completion'), {}
    for _, item in ipairs(completion.items or completion) do table.insert(labels, item.label) end
    table.sort(labels)
    local text = type(hover.contents) == 'table' and (hover.contents.value or vim.inspect(hover.contents)) or hover.contents or ''
    return { hover = text, labels = table.concat(labels, ' ') }
  ]],
    name
  )
  return got
end

-- diagnostics returns what a server has reported: where, and what.
local function diagnostics(c, name)
  return c:lua(
    [[
    local list = {}
    for _, d in ipairs(vim.diagnostic.get(0)) do
      if (d.source == 'mlm-lsp') == (... == 'mlm_lsp') then table.insert(list, ('%d:%d %s'):format(d.lnum, d.col, d.message)) end
    end
    table.sort(list)
    return table.concat(list, '\n')
  ]],
    name
  )
end

-- settled waits until a server has said all that it has to say. While it looks for what to report it is asked nothing: a server puts off what nobody waits for.
local function settled(c, name)
  local last, since
  local reported = c:expect(name .. ' reports, and nothing else for a while', function()
    local now = diagnostics(c, name)
    if now ~= last then last, since = now, vim.uv.hrtime() end
    return now ~= '' and vim.uv.hrtime() - since > 3e9 and now
  end)
  local before -- on a busy machine an answer may have what was ranked in time only, so that one counts that comes twice
  local said = c:expect(name .. ' completes and explains', function()
    local now = answers(c, name)
    if now and now.hover ~= '' and now.labels ~= '' and vim.deep_equal(now, before) then return now end
    before = now
    vim.wait(1000)
  end)
  said.diagnostics = reported
  return said
end

local function together(name, init, path, cursor)
  local function opened(c)
    c:open(path)
    c:expect('the file is open', function() return vim.endswith(c:call('nvim_buf_get_name', 0), path) end)
    c:keys(cursor)
  end
  local theirs, ours
  child.test(name .. ' alone', alone .. init, function(c)
    opened(c)
    theirs = settled(c, name)
  end)
  child.test('mlm-lsp alone', nil, function(c)
    opened(c)
    ours = settled(c, 'mlm_lsp')
  end)
  child.test(name .. ' and mlm-lsp', "vim.opt.completeopt = 'menuone,noselect'\n" .. init, function(c)
    opened(c)
    if not theirs or not ours then error({ failed = 'there is nothing to compare with' }, 0) end
    local before = { [name] = theirs, mlm_lsp = ours }
    for who, said in pairs(before) do
      c:expect(who .. ' reports beside the other what it reports alone', function() return diagnostics(c, who) == said.diagnostics end)
    end
    for who, said in pairs(before) do
      c:expect(who .. ' completes and explains beside the other as it does alone', function()
        local now = answers(c, who)
        if now and now.hover == said.hover and now.labels == said.labels then return true end
        vim.wait(1000)
      end)
    end
    -- Neovim 0.10 shows the hover of one server only, of whichever answers last.
    if vim.fn.has('nvim-0.11') == 1 then
      c:keys('K')
      local function longest(text)
        local best = ''
        for word in text:gmatch('[%w_]+') do
          if #word > #best then best = word end
        end
        return best
      end
      for who, answer in pairs(before) do
        local word = longest(answer.hover)
        c:expect(('a hover has what %s says: %s'):format(who, word), function() return (c:floats()[1] or ''):find(word, 1, true) end)
      end
    end
    c:keys('a<C-x><C-o>')
    c:expect('the menu has what both offer', function()
      local menu = c:popup()
      if not menu then return end
      local typed = c:call('nvim_get_current_line'):sub(1, c:call('nvim_win_get_cursor', 0)[2]):match('[%w_]*$')
      for _, labels in ipairs({ theirs.labels, ours.labels }) do
        for label in labels:gmatch('%S+') do
          if vim.startswith(label, typed) and label:match('^[%w_]+$') and not vim.list_contains(menu, label) then return end
        end
      end
      return true
    end)
    c:keys('<Esc><Esc>')
    assert(not c:messages():find('Error'), c:messages())
  end)
end

together('gopls', neighbour('gopls', { vim.env.GOPLS }, 'go', 'go.mod'), 'stock/stock.go', 'gg/item.Quantity <lt> quantity<CR>f<lt>w')
-- Asked for diagnostics, pyright and Neovim 0.12 lose them now and then on a busy machine, also where they are alone; so it publishes them.
local publishes = { disablePullDiagnostics = true }
together('pyright', neighbour('pyright', { vim.env.PYRIGHT, '--stdio' }, 'python', '.git', publishes), 'inventory.py', 'gg/items.append(item)<CR>f(l')
