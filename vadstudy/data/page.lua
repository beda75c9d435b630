-- A page for the browser: titled by its first heading; what is wider than a telephone scrolls by itself.

local title

local function scrolled(block)
  return pandoc.Div(block, pandoc.Attr("", { "wide" }))
end

return {
  -- What a notebook's cell shows as Markdown.
  { RawBlock = function(raw) return raw.format == "markdown" and pandoc.read(raw.text, "gfm").blocks or nil end },
  {
    Header = function(header) title = title or pandoc.utils.stringify(header) end,
    Table = scrolled,
    Math = function(math) return math.mathtype == "DisplayMath" and pandoc.Span(math, { class = "wide" }) or nil end,
    RawBlock = function(raw)
      if raw.format == "html" and raw.text:match("<table") then return scrolled(raw) end
    end,
  },
  { Meta = function(meta) meta.pagetitle = title; return meta end },
}
