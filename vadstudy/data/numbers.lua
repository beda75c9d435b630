-- Sections, figures, tables and equations are numbered in the order in which they stand, and named where the text refers
-- to one, by an empty link to its identifier: [](#tbl:rates) becomes Table 9. Sections have letters from the first on that
-- has the class "appendix". What a form has no way to say is said in its own.

local typst, html = FORMAT:match("typst"), FORMAT:match("html")
local names, counts = {}, { Figure = 0, Table = 0, Equation = 0, Section = 0 }
local appendix = false

local function number(kind, block)
  counts[kind] = counts[kind] + 1
  local name = kind .. " " .. counts[kind]
  names["#" .. block.identifier] = name
  local long = block.caption.long
  local words = #long > 0 and long[1].content or pandoc.Inlines({})
  local caption = pandoc.Inlines({ pandoc.Strong(name .. "."), pandoc.Space() }) .. words
  if typst or html then
    block.caption.long = { pandoc.Plain(caption) }
    return block
  end
  -- GitHub's Markdown has no captions: they are paragraphs.
  if kind == "Figure" then
    return { pandoc.Para(block.content[1].content), pandoc.Para(caption) }
  end
  block.caption.long, block.attr = {}, pandoc.Attr()
  return { pandoc.Para(caption), block }
end

local function section(header)
  if header.level ~= 2 or header.classes:includes("unnumbered") then return nil end
  if header.classes:includes("appendix") then appendix, counts.Section = true, 0 end
  counts.Section = counts.Section + 1
  local sign = appendix and string.char(64 + counts.Section) or tostring(counts.Section)
  names["#" .. header.identifier] = (appendix and "Appendix " or "Section ") .. sign
  header.classes = {}
  header.content:insert(1, pandoc.Space())
  header.content:insert(1, pandoc.Str(sign))
  return header
end

-- A formula in a div of its own, whose identifier begins with eq.
local function equation(div)
  if not div.identifier:match("^eq:") then return nil end
  counts.Equation = counts.Equation + 1
  names["#" .. div.identifier] = "Equation " .. counts.Equation
  if typst then
    div.content:insert(1, pandoc.RawBlock("typst", '#set math.equation(numbering: "(1)")'))
  elseif html then
    div.content:insert(pandoc.Para({ pandoc.Str(("(%d)"):format(counts.Equation)) }))
    div.classes:insert("equation")
  else
    return div.content:walk({
      Math = function(math)
        math.text = math.text .. (" \\tag{%d}"):format(counts.Equation)
        return math
      end,
    })
  end
  return div
end

local function picture(image)
  local alt = pandoc.utils.stringify(image.caption)
  if typst then
    local quoted = alt:gsub('["\\]', "\\%0")
    -- Typst's root is the folder above that of the report.
    local path = image.src:gsub("^%.%./", "/")
    return pandoc.RawInline("typst", ('#image("%s", alt: "%s")'):format(path, quoted))
  elseif not html then
    return pandoc.Image(alt, image.src)
  end
end

local function reference(link)
  if #link.content == 0 then
    local name = names[link.target] or error("nothing has the identifier " .. link.target)
    return (typst or html) and pandoc.Link(name, link.target) or pandoc.Str(name)
  elseif typst and not link.target:match("^%a+:") then
    -- Relative links lead to files beside the Markdown, which a PDF that was passed on does not have.
    return link.content
  end
end

-- The works cited, where a form knows no places apart.
local function sources(div)
  if div.identifier ~= "refs" or typst or html then return nil end
  return pandoc.BulletList(div.content:map(function(entry) return entry.content end))
end

-- Minus signs as wide as plus signs; no line ends before a percent sign.
local function signs(inlines)
  for i, inline in ipairs(inlines) do
    if inline.t == "Str" then
      inline.text = inline.text:gsub("^(%(?)%-(%d)", "%1−%2")
      if inline.text:match("^%%") and i > 1 and inlines[i - 1].t == "Space" then
        inlines[i - 1] = pandoc.Str("\u{a0}")
      end
    end
  end
  return inlines
end

return {
  {
    traverse = "topdown",
    Header = section,
    Div = equation,
    Figure = function(figure) return number("Figure", figure) end,
    Table = function(table) return number("Table", table), false end,
  },
  {
    Image = picture,
    Div = sources,
    Link = reference,
    Inlines = (typst or html) and signs or nil,
    RawInline = function(raw) return typst and raw.text:match("^<br") and pandoc.LineBreak() or nil end,
    Span = function(span)
      if not span.classes:includes("whose") or html then return nil end
      if not typst then return span.content end
      return { pandoc.RawInline("typst", "#whose["), span, pandoc.RawInline("typst", "]") }
    end,
  },
}
