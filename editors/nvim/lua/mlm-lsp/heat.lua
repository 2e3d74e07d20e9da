-- The heat map: each token on the colour of its surprisal. What the server says of a version is drawn on that version only; what is edited loses its colours at once,
-- and it is asked again after a pause: first what a window shows of it, since a long file takes seconds, and then the whole.
local server = require('mlm-lsp.server')

local M = {}

local space = vim.api.nvim_create_namespace('mlm-lsp.heat')
local pause = 400 -- ms without an edit, after which the server is asked again
local content_modified = -32801

-- The colours of the server's levels above the lowest, which has none: orange, so much of it over the background (as on the page of `mlm-lsp heat`), and the like among 256.
local shares = { 0.07, 0.15, 0.26, 0.38, 0.50, 0.62 }
local terminal = { dark = { 234, 52, 88, 94, 130, 166 }, light = { 230, 223, 222, 216, 215, 208 } }

local function colour()
  local dark = vim.o.background == 'dark'
  local paper = vim.api.nvim_get_hl(0, { name = 'Normal', link = false }).bg or (dark and 0x17181a or 0xffffff)
  local ink = dark and { 235, 90, 10 } or { 225, 80, 0 }
  for level, share in ipairs(shares) do
    local mixed = 0
    for i = 1, 3 do
      local below = math.floor(paper / 256 ^ (3 - i)) % 256
      mixed = mixed * 256 + math.floor(below + (ink[i] - below) * share + 0.5)
    end
    vim.api.nvim_set_hl(0, 'MlmLspHeat' .. level, {
      default = true,
      bg = mixed,
      ctermbg = terminal[dark and 'dark' or 'light'][level],
      underline = level == #shares or nil,
    })
  end
end

local function group(level) return level > 0 and 'MlmLspHeat' .. math.min(level, #shares) or 'Normal' end

--- @class mlm_lsp.Heat
--- @field timer uv.uv_timer_t
--- @field asked? { client: vim.lsp.Client, number: integer } the request under way
--- @field legend? string[] what the levels mean
local drawn = {} --- @type table<integer, mlm_lsp.Heat> by buffer

local legends = {} --- @type table<integer, integer> the legend's window of each window

-- show_legends has one in every window of the tab page that shows a map, and none elsewhere.
local function show_legends()
  for window, float in pairs(legends) do
    local here = vim.api.nvim_win_is_valid(window) and drawn[vim.api.nvim_win_get_buf(window)]
    if not here or not vim.api.nvim_win_is_valid(float) then
      if vim.api.nvim_win_is_valid(float) then vim.api.nvim_win_close(float, true) end
      legends[window] = nil
    end
  end
  for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    local heat = drawn[vim.api.nvim_win_get_buf(window)]
    if heat and heat.legend and vim.api.nvim_win_get_config(window).relative == '' then
      local text, spans = ' bits a subword ', {}
      for i, label in ipairs(heat.legend) do
        local cell = ' ' .. label .. ' '
        table.insert(spans, { #text, #text + #cell, group(i - 1) })
        text = text .. cell
      end
      local place = {
        relative = 'win',
        win = window,
        anchor = 'SE',
        row = vim.api.nvim_win_get_height(window),
        col = vim.api.nvim_win_get_width(window),
        width = math.max(1, math.min(#text, vim.api.nvim_win_get_width(window))),
        height = 1,
        focusable = false,
        style = 'minimal',
        zindex = 30,
      }
      if legends[window] then
        vim.api.nvim_win_set_config(legends[window], place)
      else
        local buffer = vim.api.nvim_create_buf(false, true)
        vim.bo[buffer].bufhidden = 'wipe'
        vim.api.nvim_buf_set_lines(buffer, 0, -1, false, { text })
        for _, s in ipairs(spans) do
          vim.api.nvim_buf_set_extmark(buffer, space, 0, s[1], { end_col = s[2], hl_group = s[3] })
        end
        place.noautocmd = true
        legends[window] = vim.api.nvim_open_win(buffer, false, place)
      end
    end
  end
end

-- byte turns a position of the protocol into row and column of the text.
local function byte(lines, position, encoding)
  local line = lines[position.line + 1]
  if not line then return end
  if encoding == 'utf-8' then return position.line, math.min(position.character, #line) end
  if vim.fn.has('nvim-0.11') == 1 then return position.line, vim.str_byteindex(line, encoding, position.character, false) end
  local ok, column = pcall(vim.str_byteindex, line, position.character, encoding == 'utf-16')
  return position.line, ok and column or #line
end

-- draw colours the tokens of an answer; where that is about a part of the text, what lies outside them keeps its colours.
local function draw(buffer, result, encoding, part)
  local lines = vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
  local first, last = result.tokens[1], result.tokens[#result.tokens]
  if not part then
    vim.api.nvim_buf_clear_namespace(buffer, space, 0, -1)
  elseif first then
    vim.api.nvim_buf_clear_namespace(buffer, space, first.range.start.line, last.range['end'].line + 1)
  end
  for _, token in ipairs(result.tokens) do
    if token.level > 0 then
      local row, column = byte(lines, token.range.start, encoding)
      local end_row, end_column = byte(lines, token.range['end'], encoding)
      if row and end_row then
        vim.api.nvim_buf_set_extmark(buffer, space, row, column, { end_row = end_row, end_col = end_column, hl_group = group(token.level), priority = 130 })
      end
    end
  end
end

-- seen is the range that a window shows of a buffer; nil where that is all of it, or none does.
local function seen(buffer)
  local window = vim.fn.bufwinid(buffer)
  if window == -1 then return end
  local first, last = vim.fn.line('w0', window), vim.fn.line('w$', window)
  if last - first + 1 >= vim.api.nvim_buf_line_count(buffer) then return end
  return { start = { line = first - 1, character = 0 }, ['end'] = { line = last - 1, character = 2147483647 } } -- which stands for the line's end
end

-- ask asks for a part of the text and then for the whole, or for the whole at once.
local function ask(buffer, part)
  local heat = drawn[buffer]
  local client = server.clients(buffer)[1]
  if not heat or not client then return end
  if heat.asked then server.cancel(heat.asked.client, heat.asked.number) end
  local version = vim.lsp.util.buf_versions[buffer]
  local sent, number = server.request(client, 'workspace/executeCommand', { command = 'mlm-lsp.surprise', arguments = { vim.uri_from_bufnr(buffer), part } }, function(err, result)
    if drawn[buffer] ~= heat or not vim.api.nvim_buf_is_loaded(buffer) then return end
    if err then
      -- What was edited or taken back meanwhile is asked again anyway.
      if err.code ~= content_modified and err.code ~= vim.lsp.protocol.ErrorCodes.RequestCancelled then
        server.tell('drawing the heat map: ' .. err.message, vim.log.levels.ERROR)
        M.clear(buffer)
      end
      return
    end
    heat.asked = nil
    if result.version ~= vim.lsp.util.buf_versions[buffer] or version ~= result.version then return end -- the timer runs
    heat.legend = result.legend
    draw(buffer, result, client.offset_encoding, part)
    show_legends()
    if part then ask(buffer) end
  end, buffer)
  heat.asked = sent and { client = client, number = number } or nil
end

-- again asks after a pause.
local function again(buffer)
  drawn[buffer].timer:start(pause, 0, vim.schedule_wrap(function()
    if drawn[buffer] then ask(buffer, seen(buffer)) end
  end))
end

--- clear takes the map of a buffer away.
--- @param buffer integer
function M.clear(buffer)
  local heat = drawn[buffer]
  if not heat then return end
  drawn[buffer] = nil
  heat.timer:close()
  if heat.asked and not heat.asked.client:is_stopped() then server.cancel(heat.asked.client, heat.asked.number) end
  if vim.api.nvim_buf_is_loaded(buffer) then vim.api.nvim_buf_clear_namespace(buffer, space, 0, -1) end
  vim.schedule(show_legends)
end

local following = false

-- follow keeps colours and legends right while windows and colour schemes change.
local function follow()
  if following then return end
  following = true
  colour()
  local events = vim.api.nvim_create_augroup('mlm-lsp-heat', {})
  vim.api.nvim_create_autocmd('ColorScheme', { group = events, callback = colour })
  vim.api.nvim_create_autocmd({ 'BufWinEnter', 'WinNew', 'WinClosed', 'WinResized', 'TabEnter', 'WinEnter' }, { group = events, callback = vim.schedule_wrap(show_legends) })
  -- Another server knows nothing of what the last one was asked.
  vim.api.nvim_create_autocmd('LspAttach', {
    group = events,
    callback = function(event)
      if drawn[event.buf] then
        drawn[event.buf].asked = nil
        again(event.buf)
      end
    end,
  })
end

--- toggle draws the map of a buffer, or takes it away.
--- @param buffer integer
function M.toggle(buffer)
  if drawn[buffer] then
    M.clear(buffer)
    return
  end
  follow()
  local heat = { timer = assert(vim.uv.new_timer()) }
  drawn[buffer] = heat
  vim.api.nvim_buf_attach(buffer, false, {
    on_lines = function(_, _, _, first, _, last)
      if drawn[buffer] ~= heat then return true end
      vim.api.nvim_buf_clear_namespace(buffer, space, first, last)
      again(buffer)
    end,
    on_reload = function()
      if drawn[buffer] == heat then again(buffer) end
    end,
    on_detach = function()
      if drawn[buffer] == heat then M.clear(buffer) end
    end,
  })
  ask(buffer, seen(buffer))
end

return M
